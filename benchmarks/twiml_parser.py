"""TwiML: from bytes to typed verbs, against ``lxml.fromstring`` alone, which builds the tree that is then checked and typed.

Both use one parser with the same options for all documents. What applications send is measured with documents each of which is
a new one: names, numbers, callers and parameters of URLs change from call to call, made before the measure. The hostile ones
are those of the tests; of them the one that takes the processor the longest is named. All times are the processor's.

``python -m benchmarks.twiml_parser [--quick] [--once]``
"""

import contextlib
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lxml import etree
from twilio.twiml.voice_response import Dial, VoiceResponse

from ari_conf.twiml import TwimlError, parse_twiml
from tests.twiml.hostile_documents import hostile_documents

from .findings import Efforts, Line, Reach, at_most, run
from .measure import Figure

OURS = "ari_conf"
LXML = "lxml.fromstring"
TIMES = 3
ALLOWED = 50
"""Milliseconds of the processor's time that any document may take."""

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, and how many documents of each kind are parsed in one."""

    rounds: int
    documents: int


EFFORTS = Efforts(full=Effort(21, 500), quick=Effort(7, 100), once=Effort(1, 2))


def documents_of_a_call(number: int) -> dict[str, bytes]:
    """Return what applications send, as Twilio's own library writes it; no other call gets the same."""
    conference = VoiceResponse()
    dial = conference.dial(action=f"/left?call={number}", hangup_on_star=True)
    dial.conference(f"Room {number}", start_conference_on_enter=False, wait_url="/wait", status_callback="/events",
                    status_callback_event="start end join leave", record="record-from-start")  # fmt: skip

    menu = VoiceResponse()
    gather = menu.gather(num_digits=1, action=f"/chosen?call={number}", timeout=10)
    gather.say("For sales, press one. For support, press two.", voice="Polly.Joanna", language="en-US")
    gather.play("/music.mp3")
    menu.say(f"We did not hear anything, customer {number}.")
    menu.redirect("/menu")

    agents = VoiceResponse()
    dial = Dial(caller_id=f"+1415{number:07}", timeout=20, sequential=True, action="/dialled", record="record-from-answer-dual")
    for agent in range(5):
        dial.number(f"+1{agent}{number:09}", url="/screen", status_callback="/progress",
                    status_callback_event="initiated ringing answered completed")  # fmt: skip
    dial.sip(f"sip:agent@example.com?x-call={number}", url="/screen")
    agents.append(dial)

    speech = VoiceResponse()
    say = speech.say(voice="Polly.Joanna")
    for paragraph in range(10):
        say.p(f"This is paragraph {paragraph} of {number}, with some words in it that are spoken.")
        say.break_(time="500ms")
        say.prosody("Slowly now.", rate="80%", pitch="-5%")
    speech.record(max_length=30, finish_on_key="#", recording_status_callback=f"/recorded?call={number}")

    queue = VoiceResponse()
    queue.say(f"Please hold, you are number {number}.")
    queue.enqueue("support", wait_url="/hold", action="/after")

    goodbye = VoiceResponse()
    goodbye.say(f"Goodbye, customer {number}.")
    goodbye.hangup()
    made = {"conference": conference, "menu": menu, "agents": agents, "speech": speech, "queue": queue, "goodbye": goodbye}
    return {name: str(response).encode() for name, response in made.items()}


def seconds_each(parse: Callable[[bytes], object], bodies: Sequence[bytes]) -> float:
    """Return how long one of ``bodies`` takes on average, with nothing between them: some take no longer than a clock."""
    began = time.process_time()
    for body in bodies:
        parse(body)
    return (time.process_time() - began) / len(bodies)


def seconds_of_refusal(parse: Callable[[bytes], object], body: bytes) -> float:
    began = time.process_time()
    with contextlib.suppress(TwimlError, etree.XMLSyntaxError):
        parse(body)
    return time.process_time() - began


def parse_alone(body: bytes) -> object:
    return etree.fromstring(body, PARSER)


RIVALS: dict[str, Callable[[bytes], object]] = {OURS: parse_twiml, LXML: parse_alone}


def against_lxml(what: str, seconds: dict[str, list[float]], reach: Reach | None = None) -> Line:
    ours, theirs = (Figure(tuple(1e6 * one for one in seconds[name])) for name in RIVALS)
    return Line(what, ours, "µs", LXML, theirs, reach=reach)


def usual(effort: Effort) -> list[Line]:
    kinds = documents_of_a_call(0)
    for body in kinds.values():
        document = parse_twiml(body)
        assert document.problems == ()
        assert len(document.verbs) == len(etree.fromstring(body, PARSER))
    taken: dict[str, dict[str, list[float]]] = {kind: {name: [] for name in RIVALS} for kind in kinds}
    for begun in range(effort.rounds):
        calls = [documents_of_a_call(1 + begun * effort.documents + number) for number in range(effort.documents)]
        for kind, seconds in taken.items():
            for name, parse in RIVALS.items():
                seconds[name].append(seconds_each(parse, [call[kind] for call in calls]))
    average = {
        name: [statistics.fmean(each) for each in zip(*(seconds[name] for seconds in taken.values()), strict=True)]
        for name in RIVALS
    }
    return [
        against_lxml("a new document of an application, the average of six kinds", average, at_most(TIMES)),
        *(against_lxml(f"of which: {kind}", seconds) for kind, seconds in taken.items()),
    ]


def hostile(effort: Effort) -> list[Line]:
    documents = hostile_documents()
    average: dict[str, list[float]] = {name: [] for name in RIVALS}
    each: dict[str, list[float]] = {what: [] for what in documents}
    for _ in range(effort.rounds):
        for name, parse in RIVALS.items():
            seconds = {what: seconds_of_refusal(parse, body) for what, body in documents.items()}
            average[name].append(statistics.fmean(seconds.values()))
            if name == OURS:
                for what, one in seconds.items():
                    each[what].append(one)
    worst = max(each, key=lambda what: statistics.median(each[what]))
    milliseconds = Figure(tuple(1e3 * one for one in each[worst]))
    return [
        against_lxml(f"a hostile document, the average of {len(documents)}", average, at_most(TIMES)),
        Line(f"the worst hostile document: {worst}", milliseconds, "ms", reach=at_most(ALLOWED)),
    ]


def measure(effort: Effort) -> list[Line]:
    return [*usual(effort), *hostile(effort)]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measure)
