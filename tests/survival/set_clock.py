"""``ari-conf`` on a machine whose clock somebody sets: the file ``ahead`` has the seconds by which."""

import contextlib
import runpy
import time
from pathlib import Path

AHEAD = Path("ahead")


def ahead() -> float:
    with contextlib.suppress(OSError, ValueError):
        return float(AHEAD.read_text(encoding="ascii"))
    return 0.0


if __name__ == "__main__":
    machine, machine_ns = time.time, time.time_ns
    time.time = lambda: machine() + ahead()
    time.time_ns = lambda: machine_ns() + round(ahead() * 1e9)
    runpy.run_module("ari_conf", run_name="__main__", alter_sys=True)
