"""``ari-conf`` with a board, and with deadlines so short that a test can wait for them."""

import runpy

from ari_conf.media.asterisk import transport
from ari_conf.store import store
from ari_conf.webhooks import outbox
from tests.board import BOARD, Board, on

if __name__ == "__main__":
    for module, name, seconds in (
        (transport, "HEARTBEAT", 0.6),
        (store, "BUSY_SECONDS", 0.3),
        (outbox, "UNCOMMITTED_SECONDS", 1.0),
    ):
        assert isinstance(getattr(module, name), float)
        setattr(module, name, seconds)
    with on(Board(BOARD)):
        runpy.run_module("ari_conf", run_name="__main__", alter_sys=True)
