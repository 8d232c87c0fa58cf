import asyncio
import socket
import struct
import sys
import time
from collections.abc import Iterator

import pytest

from ari_conf.phones import sdp
from ari_conf.phones.bank import PhoneBank
from ari_conf.phones.rtp import RtpStream
from ari_conf.phones.sip import SipPhone

from .sip_server import SipServer
from .test_sip_phone import answering

SILENT = bytes([0xFF]) * 160


class Far:
    """A socket that keeps the packets it gets."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)

    def audio(self, direction: str = "sendrecv", events: int | None = 101) -> sdp.RemoteAudio:
        return sdp.RemoteAudio("127.0.0.1", self.socket.getsockname()[1], events, direction, ())

    def take(self, count: int) -> list[tuple[int, int, int, int, int, bytes]]:
        """(marker, type, sequence, timestamp, ssrc, payload) of the next packets."""
        packets = [self.socket.recv(2048) for _ in range(count)]
        fields = [(*struct.unpack_from("!BHII", packet, 1), packet[12:]) for packet in packets]
        return [(kind >> 7, kind & 0x7F, number, timestamp, ssrc, load) for kind, number, timestamp, ssrc, load in fields]


@pytest.fixture
def far() -> Iterator[Far]:
    side = Far()
    yield side
    side.socket.close()


@pytest.fixture
def stream() -> Iterator[RtpStream]:
    stream = RtpStream("127.0.0.1", 1000, 0.2)
    yield stream
    stream.close()


def test_packets_count_up_and_time_follows_the_frames_that_were_skipped(stream: RtpStream, far: Far) -> None:
    stream.start(far.audio())
    for frame in (7, 8, 11):
        stream.send_frame(frame)
    stream.talking = False
    stream.send_frame(12)
    packets = far.take(4)
    assert [marker for marker, *_ in packets] == [1, 0, 0, 0]
    assert {(kind, ssrc) for _, kind, _, _, ssrc, _ in packets} == {(0, packets[0][4])}
    assert [(packet[2] - packets[0][2]) % 65536 for packet in packets] == [0, 1, 2, 3]
    assert [(packet[3] - packets[0][3]) % 2**32 for packet in packets] == [0, 160, 640, 800]
    assert [len(packet[5]) for packet in packets] == [160] * 4
    assert [packet[5] == SILENT for packet in packets] == [False, False, False, True]


def test_nothing_is_sent_before_the_start_or_to_a_side_that_does_not_listen(stream: RtpStream, far: Far) -> None:
    stream.send_frame(1)
    stream.start(far.audio("sendonly"))
    stream.send_frame(2)
    stream.start(far.audio())
    stream.send_frame(3)
    ((marker, *_),) = far.take(1)
    far.socket.settimeout(0)
    assert marker == 1
    with pytest.raises(BlockingIOError):
        far.take(1)


async def test_a_key_is_one_event_with_a_growing_duration_and_three_ends(stream: RtpStream, far: Far) -> None:
    stream.start(far.audio())
    stream.send_frame(0)
    pressing = asyncio.create_task(stream.press("#"))
    await asyncio.sleep(0)
    frame = 0
    while not pressing.done():
        frame += 1
        stream.send_frame(frame)
        await asyncio.sleep(0)
    packets = far.take(1 + 6 + 2 + 4)
    events = [packet for packet in packets if packet[1] == 101]
    assert [packet[0] for packet in events] == [1] + [0] * 7
    assert len({packet[3] for packet in events}) == 1
    parts = [struct.unpack("!BBH", packet[5]) for packet in events]
    assert {event for event, _, _ in parts} == {11}
    assert [duration for _, _, duration in parts] == [160, 320, 480, 640, 800, 960, 960, 960]
    assert [volume >> 7 for _, volume, _ in parts] == [0] * 5 + [1] * 3
    assert [(packet[2] - packets[0][2]) % 65536 for packet in packets] == list(range(13))
    assert packets[-4][3] - events[0][3] == 6 * 160


async def test_a_far_side_without_events_cannot_be_told_a_key(stream: RtpStream, far: Far) -> None:
    stream.start(far.audio(events=None))
    with pytest.raises(RuntimeError, match="RFC 4733"):
        await stream.press("1")


async def test_a_key_that_ends_the_call_is_no_error(stream: RtpStream, far: Far) -> None:
    stream.start(far.audio())
    pressing = asyncio.create_task(stream.press("*"))
    await asyncio.sleep(0)
    stream.close()
    await pressing


def test_what_is_no_audio_is_left_out_and_extensions_and_padding_are_cut_off(stream: RtpStream, far: Far) -> None:
    stream.start(far.audio())
    timeline = stream.timeline
    assert timeline is not None

    def send(first: int, kind: int, rest: bytes) -> None:
        packet = struct.pack("!BBHII", first, kind, 1, 0, 9) + rest
        stream._receive(timeline.started + 1, packet)

    send(0x80, 13, b"\x00" * 160)
    send(0x40, 0, b"\x00" * 160)
    send(0x80, 0, b"")
    assert not timeline.samples(0, 16_000).any()
    send(0xB1, 0, b"\x01" * 4 + struct.pack("!HH", 0xBEDE, 1) + b"\x01" * 4 + b"\x80" * 80 + b"\x00\x00\x00\x04")
    heard = timeline.samples(0, 16_000)
    assert heard[7920:8000].all()
    assert (heard != 0).sum() == 80


def test_a_packet_that_is_read_late_is_where_it_arrived(stream: RtpStream, far: Far) -> None:
    stream.start(far.audio())
    timeline = stream.timeline
    assert timeline is not None
    far.socket.sendto(struct.pack("!BBHII", 0x80, 0, 1, 0, 9) + b"\x80" * 160, (stream.host, stream.port))
    time.sleep(0.5)
    stream.readable()
    assert timeline.samples(-160, 2000).any()


class Counter:
    """Keeps the frames that it was asked for."""

    def __init__(self, enough: int) -> None:
        self.frames: list[int] = []
        self.enough = enough
        self.done = asyncio.Event()

    def send_frame(self, frame: int) -> None:
        self.frames.append(frame)
        if len(self.frames) == self.enough:
            self.done.set()


async def test_the_clock_of_the_bank_gives_every_stream_every_frame_once() -> None:
    bank = PhoneBank()
    usual = sys.getswitchinterval()
    try:

        async def count() -> list[list[int]]:
            counters = [Counter(10), Counter(10)]
            for counter in counters:
                bank.attach(counter)
            assert sys.getswitchinterval() < usual
            for counter in counters:
                await counter.done.wait()
                bank.detach(counter)
            return [counter.frames for counter in counters]

        async with asyncio.timeout(5):
            for frames in await bank.run(count()):
                assert frames == sorted(set(frames))
            assert len((await bank.run(count()))[0]) >= 10
    finally:
        bank.close()
    assert sys.getswitchinterval() == usual


async def test_a_phone_hears_the_far_side_and_the_far_side_hears_the_phone() -> None:
    async with asyncio.timeout(10), SipServer(answering) as server:
        bank = PhoneBank()
        async with SipPhone("Ann", 440, server=server.address, bank=bank) as phone:
            await phone.dial("room")
            quiet = await phone.hear(0.2)
            assert (len(quiet.samples), quiet.level) == (1600, 0)

            async def far_side() -> None:
                for frame in range(1000):
                    server.rtp.send_frame(frame)
                    await asyncio.sleep(0.02)

            talking = asyncio.create_task(far_side())
            while not (await phone.hear(0.2)).hears(1000):
                pass
            talking.cancel()
            while (await phone.hear(0.1)).level:
                pass
            assert phone.recording().level > 0
            await server.heard_something()
            await phone.hang_up()
        length = len(phone.recording().samples)
        await phone.hear(0.05)
        assert len(phone.recording().samples) == length
        bank.close()


@pytest.mark.parametrize("key", ["", "12", "A"])
async def test_a_phone_has_twelve_keys(key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        await SipPhone("Ann", 440).press(key)


async def test_a_phone_without_a_call_hears_silence_and_presses_nothing() -> None:
    phone = SipPhone("Ann", 440)
    assert (await phone.hear(0.05)).level == 0
    assert not len(phone.recording().samples)
    await phone.hang_up()
    await phone.wait_ended()
    with pytest.raises(RuntimeError, match="in no call"):
        await phone.press("1")
