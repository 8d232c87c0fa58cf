"""Mix-minus: everybody hears the sum of all others in the room, for all rooms at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ari_conf.audio import Samples

FRAME_SECONDS = 0.020

RATES = (8000, 16000, 48000)

# As arrays of no dimensions, limits cost a small room a quarter of what Python's integers do.
_LOWEST, _HIGHEST = np.array(-32768, np.int32), np.array(32767, np.int32)


class Mixer:
    """Mixes one 20 ms frame of any number of rooms at a time.

    Each participant has one row of ``frame_length`` samples in ``inputs`` and the same row in ``outputs``. A row of ``inputs``
    that nobody writes to stays silent: that is how a muted participant hears without being heard. What only some are to hear,
    a whisper or a sound, is laid over what they hear: see ``lay_over``. Sums saturate at the limits of 16 bits. Raises
    ``ValueError`` for a rate other than 8000, 16000 or 48000 Hz.
    """

    inputs: Samples
    outputs: Samples

    def __init__(self, rate: int = 8000) -> None:
        if rate not in RATES:
            raise ValueError(f"the mixer cannot run at {rate} Hz; choose one of {', '.join(map(str, RATES))}")
        self.rate = rate
        self.frame_length = round(rate * FRAME_SECONDS)
        self._capacity = 0
        self._groups: list[_Group] = []
        self._grow(64)
        self.arrange(())

    def arrange(self, sizes: Sequence[int]) -> list[int]:
        """Make place for rooms of ``sizes`` participants and return each room's first row; its others follow.

        ``inputs`` and ``outputs`` are replaced, and silent; nothing is laid over any more. Raises ``ValueError`` for an empty
        room.
        """
        if any(size < 1 for size in sizes):
            raise ValueError("a room to be mixed has no participants; leave it out")
        total = sum(sizes)
        if total > self._capacity:
            self._grow(max(total, 2 * self._capacity))
        self.inputs = self._inputs[:total]
        self.outputs = self._outputs[:total]
        self.inputs.fill(0)
        self.outputs.fill(0)

        # Rooms of one size lie side by side and are mixed as one array of three dimensions: the cost of a numpy call is paid
        # per size, not per room.
        first_rows = [0] * len(sizes)
        self._groups = []
        start = 0
        for size in sorted(set(sizes)):
            rooms = [room for room, its_size in enumerate(sizes) if its_size == size]
            for place, room in enumerate(rooms):
                first_rows[room] = start + place * size
            stop = start + size * len(rooms)
            self._groups.append(self._group(start, stop, size))
            start = stop
        return first_rows

    def lay_over(self, first_row: int, rows: int = 1) -> Samples:
        """Return a frame that is added to what ``rows`` rows of one room hear, from ``first_row`` on, until the next layout.

        It is silent until somebody writes to it, and it is in nobody's voice: the others of the room do not hear it.
        """
        group = next(group for group in self._groups if first_row < group.stop)
        frame = np.zeros(self.frame_length, np.int16)
        group.lay_over(slice(first_row - group.start, first_row - group.start + rows), frame)
        return frame

    def mix(self) -> None:
        """Fill ``outputs`` from ``inputs`` and from what is laid over."""
        for group in self._groups:
            group.mix()

    def _grow(self, rows: int) -> None:
        # Buffers of the largest layout so far are kept: memory that is asked for anew in every frame costs more than the sums.
        self._capacity = rows
        self._inputs = np.zeros((rows, self.frame_length), np.int16)
        self._outputs = np.zeros((rows, self.frame_length), np.int16)
        self._work = np.zeros((rows, self.frame_length), np.int32)
        self._sums = np.zeros((rows, self.frame_length), np.int32)

    def _group(self, start: int, stop: int, size: int) -> "_Group":
        rooms = (stop - start) // size
        shape = (rooms, size, self.frame_length)
        return _Group(
            start,
            stop,
            inputs=self._inputs[start:stop].reshape(shape),
            outputs=self._outputs[start:stop].reshape(shape),
            work=self._work[: stop - start].reshape(shape),
            sums=self._sums[:rooms].reshape(rooms, 1, self.frame_length),
        )


class _Group:
    """Rooms of one size, in rows ``start`` to ``stop``.

    The arrays are views of the mixer's buffers, of shape (rooms, size, samples).
    """

    __slots__ = ("_inputs", "_laid_over", "_outputs", "_sums", "_work", "start", "stop")

    def __init__(
        self, start: int, stop: int, inputs: Samples, outputs: Samples, work: NDArray[np.int32], sums: NDArray[np.int32]
    ) -> None:
        self.start = start
        self.stop = stop
        self._inputs = inputs
        self._outputs = outputs
        self._work = work
        self._sums = sums
        self._laid_over: list[tuple[NDArray[np.int32], Samples]] = []

    def lay_over(self, rows: slice, frame: Samples) -> None:
        self._laid_over.append((self._work.reshape(-1, len(frame))[rows], frame))

    def mix(self) -> None:
        work = self._work
        # Widening first is faster than letting numpy widen int16 operands inside of each of the next two steps.
        np.copyto(work, self._inputs)
        np.add.reduce(work, axis=1, keepdims=True, out=self._sums)
        np.subtract(self._sums, work, out=work)
        # Before the limits are applied: else a sum that goes beyond them and back would come out wrong.
        for heard, frame in self._laid_over:
            np.add(heard, frame, out=heard)
        work.clip(_LOWEST, _HIGHEST, out=work)
        np.copyto(self._outputs, work, casting="unsafe")
