"""``ari-conf`` whose deadlines are so short that a test can wait for them, on a machine whose clock somebody sets.

The file ``ahead`` in its folder has the seconds by which the clock is set.
"""

import contextlib
import runpy
import time
from pathlib import Path

from ari_conf.media.asterisk import transport
from ari_conf.store import store
from ari_conf.webhooks import outbox

AHEAD = Path("ahead")


def ahead() -> float:
    with contextlib.suppress(OSError, ValueError):
        return float(AHEAD.read_text(encoding="ascii"))
    return 0.0


if __name__ == "__main__":
    machine, machine_ns = time.time, time.time_ns
    time.time = lambda: machine() + ahead()
    time.time_ns = lambda: machine_ns() + round(ahead() * 1e9)
    for module, name, seconds in (
        (transport, "HEARTBEAT", 0.6),
        (store, "BUSY_SECONDS", 0.3),
        (outbox, "UNCOMMITTED_SECONDS", 1.0),
    ):
        assert isinstance(getattr(module, name), float)
        setattr(module, name, seconds)
    runpy.run_module("ari_conf", run_name="__main__", alter_sys=True)
