"""Fuzzing by hand: ``python -m tests.fuzz TARGET --seconds N``.

Where atheris is installed and the target is nothing but Python, coverage guides it; else it is mutants of the corpus, by a seed
that is printed. An input that breaks a promise is written into the target's corpus, where the tests find it from then on.
"""

import argparse
import asyncio
import importlib
import importlib.util
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from .target import Found, Target, tried

GUIDED = ("settings_files", "sip_messages", "twiml")
TARGETS = ("ari_events", "rest_requests", "sip_calls", *GUIDED)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Tries inputs that nobody thought of.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=0, help="end after so many inputs")
    parser.add_argument("--seed", default=str(random.randrange(2**31)))  # noqa: S311 - to be repeated, not to be secret
    parser.add_argument("--without-atheris", action="store_true", help="mutants of the corpus alone, not guided by coverage")
    parser.add_argument("--in-child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    found = importlib.util.find_spec("atheris") is not None
    if asked.target not in GUIDED or asked.without_atheris or not found:
        target: Target = importlib.import_module(f"tests.fuzz.{asked.target}").TARGET
        return _unguided(target, asked)
    if not asked.in_child:
        return _in_child(asked)
    return _guided(asked)


def _in_child(asked: argparse.Namespace) -> int:
    """Let libFuzzer, which ends its process with nothing tidied up, do so where that leaves nothing behind."""
    command = [sys.executable, "-m", "tests.fuzz", asked.target, "--in-child", f"--seconds={asked.seconds}"]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        command += [f"--runs={asked.runs}", f"--seed={asked.seed}"]
        return subprocess.run(command, env=os.environ | {"TMPDIR": folder}, check=False).returncode  # noqa: S603


def _unguided(target: Target, asked: argparse.Namespace) -> int:
    ends = time.monotonic() + asked.seconds
    faults: dict[str, Found] = {}

    def inputs() -> Iterator[bytes]:
        every = itertools.chain(target.kept, target.mutants(asked.seed))
        for data in itertools.islice(every, asked.runs or None):
            if time.monotonic() > ends:
                return
            yield data

    def on_found(found: Found) -> None:
        # One of each kind is enough: most inputs find the same.
        if faults.setdefault(_kind(found.error), found) is found:
            print(f"{target.keep(found.data)}\n  {found}", flush=True)

    began = time.monotonic()
    count = asyncio.run(tried(target, inputs(), on_found))
    seconds = time.monotonic() - began
    print(
        f"{target.name}: seed {asked.seed}, {count} inputs in {seconds:.0f} s ({count / seconds:.0f} a second), "
        f"{len(faults)} kinds of faults"
    )
    return 1 if faults else 0


def _kind(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = trace and (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
    return f"{type(error).__name__} {where} {str(error)[:30]}"


def _guided(asked: argparse.Namespace) -> int:
    """Let libFuzzer choose; it ends the process, at the first fault too."""
    atheris: Any = importlib.import_module("atheris")  # it has no types, and no wheels for every Python
    with atheris.instrument_imports(include=["ari_conf"]):
        target: Target = importlib.import_module(f"tests.fuzz.{asked.target}").TARGET
    pool = target.pool()
    loop = asyncio.new_event_loop()
    world = target.open()
    check = loop.run_until_complete(world.__aenter__())

    def one_input(data: bytes) -> None:
        loop.run_until_complete(check(data))

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)  # noqa: S311
        damaged: bytes = target.mutate(rng, data, pool) if rng.random() < 0.5 else atheris.Mutate(data, most)
        return damaged[:most]

    # What is only new to the coverage, and breaks nothing, is not kept.
    arguments = [tempfile.mkdtemp(), str(target.corpus), f"-artifact_prefix={target.corpus}/found_", f"-dict={target.words}"]
    arguments += [f"-seed={asked.seed}", f"-max_total_time={asked.seconds}", f"-runs={asked.runs or -1}", "-timeout=20"]
    atheris.Setup([sys.argv[0], *arguments, "-max_len=16384"], one_input, custom_mutator=mutated)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
