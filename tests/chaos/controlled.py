"""``ari-conf`` with a board: ``python -m tests.chaos.controlled serve …`` does what ``ari-conf serve …`` does."""

from tests.board import BOARD, Board, on

if __name__ == "__main__":
    with on(Board(BOARD)):
        from ari_conf.cli import main

        main()
