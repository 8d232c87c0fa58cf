"""A Piper voice small enough to be written here: whatever it is given, it says in a tone, so long for each sound."""

import json
import string
import struct
from pathlib import Path
from typing import Any

RATE = 16_000
PITCH = 440.0
SECONDS_PER_ID = 0.05


def write_piper_voice(path: Path, *, language: str = "en-us") -> Path:
    """Write the model to ``path`` and its settings beside it."""
    path.write_bytes(_model())
    ids = {"_": [0], "^": [1], "$": [2]} | {sign: [number] for number, sign in enumerate(string.printable, 3)}
    settings = {
        "audio": {"sample_rate": RATE},
        "espeak": {"voice": language},
        "phoneme_type": "text",
        "num_symbols": len(ids),
        "num_speakers": 1,
        "inference": {"noise_scale": 0.5, "length_scale": 1.0, "noise_w": 0.5},
        "phoneme_id_map": ids,
    }
    path.with_name(f"{path.name}.json").write_text(json.dumps(settings))
    return path


# The model as ONNX's protocol buffers have it: sin(w * range(0, input_lengths * scales[1] * samples)).
_FLOAT, _INT64 = 1, 7


def _model() -> bytes:
    nodes = [
        _node("Gather", ["scales", "one"], "scale"),
        _node("Cast", ["input_lengths"], "lengths", to=_FLOAT),
        _node("Gather", ["lengths", "zero"], "length"),
        _node("Mul", ["length", "scale"], "scaled"),
        _node("Mul", ["scaled", "samples"], "total"),
        _node("Range", ["start", "total", "step"], "moments"),
        _node("Mul", ["moments", "turn"], "angles"),
        _node("Sin", ["angles"], "output"),
    ]
    constants = [
        _tensor("zero", 0),
        _tensor("one", 1),
        _tensor("start", 0.0),
        _tensor("step", 1.0),
        _tensor("samples", SECONDS_PER_ID * RATE),
        _tensor("turn", 2 * 3.141592653589793 * PITCH / RATE),
    ]
    inputs = [_value("input", _INT64, ["n", "m"]), _value("input_lengths", _INT64, ["n"]), _value("scales", _FLOAT, ["k"])]
    graph = [(1, node) for node in nodes] + [(2, "tone")] + [(5, constant) for constant in constants]
    graph += [(11, value) for value in inputs] + [(12, _value("output", _FLOAT, ["t"]))]
    return _message([(1, 8), (7, _message(graph)), (8, _message([(1, ""), (2, 13)]))])


def _node(operation: str, inputs: list[str], output: str, **attributes: int) -> bytes:
    fields: list[tuple[int, Any]] = [(1, name) for name in inputs] + [(2, output), (4, operation)]
    fields += [(5, _message([(1, name), (3, value), (20, 2)])) for name, value in attributes.items()]
    return _message(fields)


def _tensor(name: str, value: float) -> bytes:
    whole = isinstance(value, int)
    data = struct.pack("<q" if whole else "<f", value)
    return _message([(2, _INT64 if whole else _FLOAT), (8, name), (9, data)])


def _value(name: str, kind: int, dimensions: list[str]) -> bytes:
    shape = _message([(1, _message([(2, dimension)])) for dimension in dimensions])
    return _message([(1, name), (2, _message([(1, _message([(1, kind), (2, shape)]))]))])


def _message(fields: list[tuple[int, Any]]) -> bytes:
    encoded = b""
    for number, value in fields:
        if isinstance(value, int):
            encoded += _varint(number << 3) + _varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            encoded += _varint(number << 3 | 2) + _varint(len(data)) + data
    return encoded


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes([*encoded, value])
