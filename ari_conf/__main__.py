"""``python -m ari_conf`` is the command ``ari-conf``."""

from ari_conf.cli import main

main()
