"""Coverage-guided fuzzing of the parser, with atheris:

``python -m tests.twiml.fuzz_parser FOUND tests/twiml/hostile -dict=tests/twiml/twiml.dict [-runs=N] [-seed=N]``

What is new goes to the folder FOUND. An input that breaks a promise ends it, and is in the file that is named at the end.
"""

import importlib
import sys
from typing import Any

atheris: Any = importlib.import_module("atheris")  # it has no types, and no wheels for every Python

with atheris.instrument_imports(include=["ari_conf.twiml"]):
    from tests.twiml.promise import outcome


def one_input(data: bytes) -> None:
    outcome(data)
    # What gets past XML's own rules is rare among bytes, so the same bytes are tried where TwiML stands.
    outcome(b"<Response>" + data + b"</Response>")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
