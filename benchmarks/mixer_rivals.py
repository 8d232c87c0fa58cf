"""Mixers that others would write: each returns what everybody in rooms of equal size hears, which is all others.

The numpy ones take rooms of shape (rooms, participants, samples); those of pydub and audioop take one room. These two take
one's own voice out of the sum of all, which costs least and comes out wrong as soon as the sum clips.
"""

import audioop
from collections.abc import Callable
from functools import reduce

import numpy as np

from ari_conf.audio import Samples
from ari_conf.audio.segments import AudioSegment


def numpy_by_room(rooms: Samples) -> list[Samples]:
    """Mix the rooms one after the other."""
    heard = []
    for room in rooms:
        total = room.sum(axis=0, dtype=np.int32)
        heard.append(np.clip(total - room, -32768, 32767).astype(np.int16))
    return heard


def numpy_buffered(rooms: Samples) -> Callable[[], Samples]:
    """Return the arithmetic alone: sum of the room, less one's own, clipped, back to 16 bits, into memory that is there."""
    total = np.empty((len(rooms), 1, rooms.shape[2]), np.int32)
    difference = np.empty(rooms.shape, np.int32)
    heard = np.empty(rooms.shape, np.int16)

    def mix() -> Samples:
        np.sum(rooms, axis=1, keepdims=True, dtype=np.int32, out=total)
        np.subtract(total, rooms, out=difference)
        np.clip(difference, -32768, 32767, out=difference)
        np.copyto(heard, difference, casting="unsafe")
        return heard

    return mix


def by_audioop(room: list[bytes]) -> list[bytes]:
    total = reduce(lambda one, other: audioop.add(one, other, 2), room)
    return [audioop.add(total, audioop.mul(own, 2, -1), 2) for own in room]


def by_pydub(room: list[AudioSegment]) -> list[AudioSegment]:
    total = reduce(AudioSegment.overlay, room)
    return [total.overlay(own.invert_phase()) for own in room]
