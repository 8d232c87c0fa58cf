"""All benchmarks, one after the other: ``python -m benchmarks [--quick]``."""

import subprocess
import sys

BENCHMARKS = (
    "ari_link",
    "callbacks",
    "controller",
    "join_latency",
    "joins_per_second",
    "live",
    "local_mixer",
    "metrics",
    "recovery",
    "rest_participants",
    "room_cpu",
    "rules",
    "talking",
    "tracing",
    "twiml_parser",
)


def main() -> int:
    for name in BENCHMARKS:
        # Each in a process of its own, so that none measures in another's garbage.
        status = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
