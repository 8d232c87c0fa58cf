"""One pjsua2 softphone in a process of its own: JSON lines in on stdin, JSON lines out on stdout.

The first line in is the phone's settings, every other one a command; ``pjsua_phone.py`` is the other end. The process makes one
call and exits when stdin closes. pjsua2 is single-threaded here (its callbacks run inside ``libHandleEvents``), and it is left
with ``os._exit``, since its destructors do not stand the order in which Python takes them down.
"""

import json
import math
import os
import re
import select
import sys
import time
import wave
from array import array
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import pjsua2 as pj

_FAREWELL = 2.0  # seconds for BYE and un-REGISTER to be answered
_TONE_SECONDS = 120
_TURN = 20  # ms per turn of the event loop


def _write_loop(path: Path, frequency: float, amplitude: float, rate: int) -> None:
    """Write a tone whose last sample is followed by its first without a step."""
    length = Fraction(frequency).limit_denominator(50).denominator * rate
    step = 2 * math.pi * frequency / rate
    samples = array("h", (round(amplitude * 32767 * math.sin(step * index)) for index in range(length)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        # pjsua2's player is not clean where it begins anew, so that happens rarely.
        file.writeframes(samples.tobytes() * (_TONE_SECONDS * rate // length))


class Account(pj.Account):  # type: ignore[misc]
    """The phone's account; ``registered`` is the status of its REGISTER, 0 until there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.registered = 0
        self.reason = ""

    def onRegState(self, prm: Any) -> None:  # noqa: N802
        self.registered = int(prm.code)
        self.reason = str(prm.reason)


class Call(pj.Call):  # type: ignore[misc]
    """The call; tells the host what becomes of it."""

    def __init__(self, host: "Host") -> None:
        super().__init__(host.account)
        self._host = host
        self.audio: Any = None
        self.confirmed = False
        self.over = False

    def onCallState(self, prm: Any) -> None:  # noqa: ARG002, N802
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.confirmed = True
            self._host.tell_up()
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.over = True
            if self.confirmed:
                self._host.tell(event="ended")
            else:
                self._host.tell(event="refused", status=int(info.lastStatusCode), reason=str(info.lastReason))

    def onCallMediaState(self, prm: Any) -> None:  # noqa: ARG002, N802
        info = self.getInfo()  # keeps the media alive, which belong to it
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self.audio = self.getAudioMedia(index)
                self._host.connect(self.audio)
                self._host.tell_up()


class Host:
    """The phone: its media, its account, its call."""

    def __init__(self, settings: dict[str, Any], out: TextIO) -> None:
        self._settings = settings
        self._out = out
        self._talking = True
        self._told_up = False
        self._rate = 16000 if settings["codec"] == "G722" else 8000
        self._server = "{}:{}".format(*settings["server"])
        self._call: Call | None = None
        self.endpoint = pj.Endpoint()
        self._start_library()
        self._start_media(Path(settings["folder"]))
        self.account = Account()
        self._start_account()

    def tell(self, **message: Any) -> None:
        """Write one JSON line."""
        print(json.dumps(message), file=self._out, flush=True)

    def tell_up(self) -> None:
        """Tell once that the call is up: answered, with audio."""
        if self._call is not None and self._call.confirmed and self._call.audio is not None and not self._told_up:
            self._told_up = True
            self.tell(event="up")

    def connect(self, audio: Any) -> None:
        """Connect the call's audio with the recorder, the silence and the tone."""
        audio.startTransmit(self._recorder)
        self._silence.startTransmit(audio)
        if self._talking:
            self._tone.startTransmit(audio)

    def do(self, command: dict[str, Any]) -> None:
        """Carry out one command."""
        call = self._call
        match command["do"]:
            case "dial":
                self._dial(command["to"])
            case "talk":
                self._talk(on=command["on"])
            case "press" if call is not None:
                call.dialDtmf(command["key"])
            case "hang_up" if call is not None and not call.over:
                call.hangup(pj.CallOpParam())
            case unknown:
                self.tell(event="error", reason=f"there is no call for {unknown!r}")

    def handle_events(self) -> None:
        """Let pjsua2 work for one period."""
        self.endpoint.libHandleEvents(_TURN)

    def leave(self) -> None:
        """Hang up and take back the registration, as far as the server answers."""
        self.endpoint.hangupAllCalls()
        registered = self._settings["username"] is not None and self.account.registered == 200
        if registered:
            self.account.registered = 0
            self.account.setRegistration(False)
        deadline = time.monotonic() + _FAREWELL
        while time.monotonic() < deadline:
            self.handle_events()
            if (self._call is None or self._call.over) and (not registered or self.account.registered):
                return

    def _start_library(self) -> None:
        config = pj.EpConfig()
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.userAgent = "pjsua2"
        config.logConfig.level = 3
        config.logConfig.consoleLevel = 3
        config.medConfig.clockRate = config.medConfig.sndClockRate = self._rate
        config.medConfig.ecTailLen = 0
        config.medConfig.noVad = True
        config.medConfig.sndAutoCloseTime = -1
        self.endpoint.libCreate()
        self.endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.boundAddress = self._settings["local"]
        self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.endpoint.libStart()
        for codec in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(codec.codecId, 0)
        self.endpoint.codecSetPriority(f"{self._settings['codec']}/{self._rate}", 255)

    def _start_media(self, folder: Path) -> None:
        self.endpoint.audDevManager().setNullDev()
        _write_loop(folder / "tone.wav", self._settings["tone"], self._settings["amplitude"], self._rate)
        _write_loop(folder / "silence.wav", 0.0, 0.0, self._rate)
        self._tone, self._silence = pj.AudioMediaPlayer(), pj.AudioMediaPlayer()
        self._tone.createPlayer(str(folder / "tone.wav"))
        self._silence.createPlayer(str(folder / "silence.wav"))
        self._recorder = pj.AudioMediaRecorder()
        self._recorder.createRecorder(str(folder / "heard.wav"))
        # Nothing is written while nobody sends to the recorder: with the silence it keeps real time.
        self._silence.startTransmit(self._recorder)
        self._recording_since = time.monotonic()

    def _start_account(self) -> None:
        username, password = self._settings["username"], self._settings["password"]
        user = self._settings["number"] or username or re.sub(r"\W+", "-", self._settings["name"].lower())
        config = pj.AccountConfig()
        config.idUri = f'"{self._settings["name"]}" <sip:{quote(user)}@{self._server}>'
        config.mediaConfig.transportConfig.boundAddress = self._settings["local"]
        config.mediaConfig.transportConfig.port = 0
        if username is not None:
            config.regConfig.registrarUri = f"sip:{self._server}"
            config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", username, 0, password or ""))
        self.account.create(config)

    def _dial(self, to: str) -> None:
        if self._settings["username"] is not None:
            while not self.account.registered:
                self.handle_events()
            if self.account.registered >= 300:
                self.tell(event="refused", status=self.account.registered, reason=f"REGISTER: {self.account.reason}")
                return
        self.tell(event="recording", since=self._recording_since, rate=self._rate)
        self._call = Call(self)
        self._call.makeCall(to if to.startswith("sip:") else f"sip:{quote(to)}@{self._server}", pj.CallOpParam(True))  # noqa: FBT003

    def _talk(self, *, on: bool) -> None:
        audio = None if self._call is None else self._call.audio
        if on != self._talking and audio is not None:
            if on:
                self._tone.startTransmit(audio)
            else:
                self._tone.stopTransmit(audio)
        self._talking = on


def main() -> None:
    """Serve stdin until it closes."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library prints is not for the other end
    host: Host | None = None
    pending = b""
    try:
        while True:
            if host is not None:
                host.handle_events()
            if not select.select([0], [], [], 0 if host is not None else None)[0]:
                continue
            received = os.read(0, 65536)
            if not received:
                break
            *lines, pending = (pending + received).split(b"\n")
            for line in lines:
                if host is None:
                    host = Host(json.loads(line), out)
                else:
                    host.do(json.loads(line))
        if host is not None:
            host.leave()
    except BaseException as error:  # noqa: BLE001 - the process is left without Python's own report
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
