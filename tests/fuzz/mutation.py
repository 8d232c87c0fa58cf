"""Damage to bytes: at random, but the same for the same seed."""

import ast
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

NASTY = (
    b"\x00", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xe2\x80\xae",
    b"\xc2\x85", b"\xe2\x80\xa8", b"%00", b"%ff", b"%0d%0a", b"%u0041", b"%", b"\r\n", b"\n", b"\r", b"\t", b" ",
    b"'", b'"', b"\\", b"<", b">", b"&", b";", b"=", b",", b"{", b"}", b"[", b"]", b"${", b"$(", b"`", b"../", b"-1",
    b"0", b"1e999", b"NaN", b"9" * 25, b"9" * 5000, b"a" * 9000, "²".encode(), "٣".encode(), "\U0001d54f".encode(),
    b"\x1b[31m", b"\x7f",
)  # fmt: skip
"""What has brought down other programs."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What mutants are made of: whole inputs, and words of their language."""

    inputs: Sequence[bytes]
    words: Sequence[bytes]

    @classmethod
    def of(cls, inputs: Sequence[bytes], words: Path) -> Self:
        """Read the words from a dictionary of libFuzzer."""
        lines = (line.strip() for line in words.read_text().splitlines())
        return cls(inputs, [ast.literal_eval(f"b{line}") for line in lines if line.startswith('"')])


def _place(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, rng.randint(start, min(len(data), start + rng.choice((1, 4, 16, 64))))


def _replaced(rng: random.Random, data: bytes, new: bytes) -> bytes:
    start, end = _place(rng, data)
    return data[:start] + new + data[end:]


def _inserted(rng: random.Random, data: bytes, new: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + new + data[at:]


def _of_another(rng: random.Random, _data: bytes, pool: Pool) -> bytes:
    other = rng.choice(pool.inputs)
    start, end = sorted((rng.randint(0, len(other)), rng.randint(0, len(other))))
    return other[start:end]


def _doubled(rng: random.Random, data: bytes, _pool: Pool) -> bytes:
    start, end = _place(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 2, 300)) + data[end:]


_Step = Callable[[random.Random, bytes, Pool], bytes]

_STEPS: tuple[_Step, ...] = (
    lambda rng, data, _pool: _replaced(rng, data, b""),
    lambda rng, data, _pool: _replaced(rng, data, rng.randbytes(rng.randint(1, 8))),
    lambda rng, data, _pool: _replaced(rng, data, rng.choice(NASTY)),
    lambda rng, data, _pool: _inserted(rng, data, rng.choice(NASTY)),
    lambda rng, data, pool: _replaced(rng, data, rng.choice(pool.words)),
    lambda rng, data, pool: _inserted(rng, data, rng.choice(pool.words)),
    lambda rng, data, pool: _replaced(rng, data, _of_another(rng, data, pool)),
    lambda rng, data, _pool: data[: rng.randint(0, len(data))],
    _doubled,
)


def mutated_bytes(rng: random.Random, data: bytes, pool: Pool) -> bytes:
    """Return ``data`` with one to six damages."""
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        data = rng.choice(_STEPS)(rng, data, pool)
    return data
