"""Start a program that dies with the process that started it, however that one ends.

Run as a script: ``python with_parent.py PARENT-PID PROGRAM ARGUMENT…``; it becomes the program.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def command(program: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that starts ``program`` tied to this process.

    Linux ties it to the thread that starts it: start it in one that lives as long as the program may.
    """
    return (sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), *program)


def _become(parent: int, program: list[str]) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL)):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The parent may have died before the line above.
    if os.getppid() == parent:
        os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
