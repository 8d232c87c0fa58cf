"""What is done in each frame: who speaks to whom, what is mixed, and who hears it."""

from collections.abc import Callable, Collection, Mapping

import numpy as np

from ari_conf.audio import Samples
from ari_conf.media.port import TalkingChanged

from .call import Call
from .levels import LevelWatch
from .mixer import Mixer
from .room import Room
from .talking import TalkDetector

_Move = tuple[Callable[[Samples], None], Samples]


class Arrangement:
    """The way of every frame, worked out once whenever something changes, so that a frame costs only what it needs.

    A coach is a participant whose row nobody writes to: it hears the whole room. Its voice is laid over what the one that it
    coaches hears. A room's recorder has a row of the same kind, and no voice.
    """

    def __init__(self, rate: int, tell: Callable[[TalkingChanged], None], levels: LevelWatch) -> None:
        self._mixer = Mixer(rate)
        self.frame_length = self._mixer.frame_length
        self._silence = np.zeros(self.frame_length, np.int16)
        self._tell = tell
        self._levels = levels
        self._speakers: list[_Move] = []
        self._detectors: list[TalkDetector] = []
        self._listeners: list[_Move] = []
        self._outside: list[tuple[Call, Callable[[Samples], None]]] = []
        self._pressing: list[Call] = []
        self._awaited = False

    def make(self, calls: Collection[Call], rooms: Mapping[str, Room]) -> None:
        """Work it out anew. Each call in a mix is in one of ``rooms``, which are by the SIDs of their mixes."""
        members: dict[str | None, list[Call]] = {mix_sid: [] for mix_sid in rooms}
        self._speakers, self._detectors, self._listeners, self._outside = [], [], [], []
        self._pressing = []
        for call in calls:
            if call.diallings:
                self._pressing.append(call)
            if call.in_mix:
                members[call.mix_sid].append(call)
            elif call.answered:
                self._outside.append((call, call.hear))
                self._let_speak(call, None)
                if call.detect_talking:
                    self._detectors.append(TalkDetector([call], call.said[np.newaxis], self._tell))
        self._levels.arrange(calls)
        sounds = any(call.overlays for call in calls) or any(room.sounds for room in rooms.values())
        self._awaited = sounds or bool(self._pressing)
        mixed = [(room, its_calls) for room, its_calls in zip(rooms.values(), members.values(), strict=True)]
        sizes = [len(its_calls) + room.records for room, its_calls in mixed]
        first_rows = iter(self._mixer.arrange([size for size in sizes if size]))
        for (room, its_calls), size in zip(mixed, sizes, strict=True):
            self._arrange_room(room, its_calls, next(first_rows) if size else 0, size)

    def _arrange_room(self, room: Room, calls: list[Call], first_row: int, size: int) -> None:
        rows = {call.sid: row for row, call in enumerate(calls, start=first_row)}
        for call, row in zip(calls, rows.values(), strict=True):
            if call.heard:
                voice = self._mixer.inputs[row]
            elif call.whispers_to in rows:
                voice = self._mixer.lay_over(rows[call.whispers_to])
            else:
                voice = None
            self._let_speak(call, voice)
            self._listeners.append((call.hear, self._mixer.outputs[row]))
            for sound in call.overlays:
                self._speakers.append((sound.speak, self._mixer.lay_over(row)))
        for sound in room.sounds:
            # A sound goes on where nobody hears it just now.
            frame = self._mixer.lay_over(first_row, size) if size else np.empty(self.frame_length, np.int16)
            self._speakers.append((sound.speak, frame))
        if room.records and room.recorder is not None:
            self._listeners.append((room.recorder.take, self._mixer.outputs[first_row + size - 1]))
        if room.plan.detect_talking and calls:
            voices = self._mixer.inputs[first_row : first_row + len(calls)]
            self._detectors.append(TalkDetector(calls, voices, self._tell))

    def _let_speak(self, call: Call, voice: Samples | None) -> None:
        if voice is None and (call.recorders or call.detect_talking or self._levels.wants(call)):
            voice = np.zeros(self.frame_length, np.int16)
        if voice is not None:
            call.said = voice
            self._speakers.append((call.speak, voice))
        elif call.reception is not None:
            call.reception.clear()

    def pass_frame(self) -> bool:
        """Let 20 ms pass from everybody to everybody; tell whether they may have ended what somebody waits for."""
        for call in self._pressing:
            call.press_on()
        for speak, row in self._speakers:
            speak(row)
        for detector in self._detectors:
            detector.watch()
        awaited = self._levels.pass_frame() or self._awaited
        if self._listeners:
            self._mixer.mix()
        for hear, row in self._listeners:
            hear(row)
        for call, hear in self._outside:
            source = call.current_source()
            hear(self._silence if source is None else source.next_frame())
            awaited = awaited or bool(call.playbacks)
        return awaited
