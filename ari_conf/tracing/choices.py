"""Our choices for traces."""

from typing import Final

SERVICE_NAME: Final = "ari_conf"
"""What a controller calls itself where the environment names nothing else."""

STOP_SECONDS: Final = 2.0
"""How long a stopping controller goes on sending spans; those that are left then are lost."""

STOP_GRACE_SECONDS: Final = 0.5
"""For so long after that the library may take to end."""

CAUSES_KEPT: Final = 10_000
"""Of so many calls that are up it is kept who asked for them, and of so many callbacks how attempts have failed."""

EVENTS_KEPT: Final = 100
"""So many failed attempts are told of one callback: the first ones."""

PLACES_KEPT: Final = 4096
"""Of so many SIDs it is remembered where their spans are: each is asked for several times in a row."""
