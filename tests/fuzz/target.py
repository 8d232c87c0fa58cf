"""What a fuzz target is, and how inputs are tried on it: the same for the bounded tests and for long runs by hand."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from .mutation import Pool, mutated_bytes

HERE = Path(__file__).parent

HANGS_AFTER = 20.0
"""Seconds for one input. The slowest take a tenth of a second; what takes so long does not end."""

Check = Callable[[bytes], Awaitable[None]]
"""Tries one input; raises whatever breaks a promise."""

Mutate = Callable[[random.Random, bytes, Pool], bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """An input that breaks a promise."""

    data: bytes
    error: BaseException

    def __str__(self) -> str:
        text = repr(self.data[:1500]) + (f"… ({len(self.data)} bytes)" if len(self.data) > 1500 else "")
        return f"{type(self.error).__name__}: {self.error}\n  for {text}"


@dataclass(frozen=True, slots=True)
class Target:
    """``open`` makes the world in which inputs are tried, and checks at its end that nothing is left in it.

    ``corpus`` is the folder of the kept inputs, ``examples`` how many mutants the bounded test tries.
    """

    name: str
    corpus: Path
    open: Callable[[], AbstractAsyncContextManager[Check]]
    examples: int
    mutate: Mutate = mutated_bytes

    @property
    def kept(self) -> list[bytes]:
        """The inputs of the corpus, in the order of their names."""
        return [path.read_bytes() for path in sorted(self.corpus.iterdir())]

    @property
    def words(self) -> Path:
        """The words of the language, in the form that libFuzzer reads."""
        return HERE / "words" / f"{self.name}.dict"

    def pool(self) -> Pool:
        """Return what mutants are made of."""
        return Pool.of(self.kept, self.words)

    def mutants(self, seed: str) -> Iterator[bytes]:
        """Return inputs without end, the same for the same corpus and seed."""
        rng, pool = random.Random(seed), self.pool()  # noqa: S311 - to be repeated, not to be secret
        while True:
            yield self.mutate(rng, rng.choice(pool.inputs), pool)

    def keep(self, data: bytes) -> Path:
        """Write an input that was found into the corpus, unless it is there, and return where it is."""
        for path in self.corpus.iterdir():
            if path.read_bytes() == data:
                return path
        path = self.corpus / f"found_{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        return path


async def tried(target: Target, inputs: Iterable[bytes], on_found: Callable[[Found], None]) -> int:
    """Try inputs one after the other and return how many there were; what the world's end complains of comes through.

    After a fault, the others are tried in another world.
    """
    count, left, more = 0, iter(inputs), True
    while more:
        found = None
        try:
            async with target.open() as check:
                while found is None and (more := (data := next(left, None)) is not None):
                    assert data is not None
                    count += 1
                    found = await _tried(check, data)
        except Exception:  # of a world that an input has broken
            if found is None:
                raise
        if found is not None:
            on_found(found)
    return count


async def _tried(check: Check, data: bytes) -> Found | None:
    try:
        async with asyncio.timeout(HANGS_AFTER):
            await check(data)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it has been found
        return Found(data, error)
    return None
