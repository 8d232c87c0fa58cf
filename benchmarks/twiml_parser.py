"""The TwiML parser against lxml alone, which builds the tree that the parser then has to check and to give types.

Two corpora: documents as applications send them, and the hostile ones of the tests. Of the latter, the one that takes the
processor the longest is named; 50 ms is what it may take.

``python -m benchmarks.twiml_parser [--quick] [--once]``
"""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from twilio.twiml.voice_response import Dial, VoiceResponse

from ari_conf.twiml import TwimlError, parse_twiml
from tests.twiml.hostile_documents import hostile_documents

from .measure import Figure, in_turns, print_table, ratio, seconds_each, write_json

OURS = "ari_conf"
LXML = "lxml alone"
ALLOWED = 0.050
"""Seconds of processor time that any document may take."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long each measure takes, how many there are, and how often each hostile document is parsed for its time."""

    seconds: float
    rounds: int
    repeats: int


FULL = Effort(1.0, 7, 9)
QUICK = Effort(0.2, 3, 5)
ONCE = Effort(0.01, 1, 1)


def usual_documents() -> dict[str, bytes]:
    """Return what applications send, as Twilio's own library writes it."""
    conference = VoiceResponse()
    dial = conference.dial(action="/left", hangup_on_star=True)
    dial.conference("Room 1", start_conference_on_enter=False, wait_url="/wait", status_callback="/events",
                    status_callback_event="start end join leave", record="record-from-start")  # fmt: skip

    menu = VoiceResponse()
    gather = menu.gather(num_digits=1, action="/chosen", timeout=10)
    gather.say("For sales, press one. For support, press two.", voice="Polly.Joanna", language="en-US")
    gather.play("/music.mp3")
    menu.say("We did not hear anything.")
    menu.redirect("/menu")

    agents = VoiceResponse()
    dial = Dial(caller_id="+14155551212", timeout=20, sequential=True, action="/dialled", record="record-from-answer-dual")
    for number in range(5):
        dial.number(f"+1415555{number:04}", url="/screen", status_callback="/progress",
                    status_callback_event="initiated ringing answered completed")  # fmt: skip
    dial.sip("sip:agent@example.com?x-queue=support", url="/screen")
    agents.append(dial)

    speech = VoiceResponse()
    say = speech.say(voice="Polly.Joanna")
    for number in range(10):
        say.p(f"This is paragraph {number}, with some words in it that are spoken.")
        say.break_(time="500ms")
        say.prosody("Slowly now.", rate="80%", pitch="-5%")
    speech.record(max_length=30, finish_on_key="#", recording_status_callback="/recorded")

    queue = VoiceResponse()
    queue.say("Please hold.")
    queue.enqueue("support", wait_url="/hold", action="/after")

    hangup = VoiceResponse()
    hangup.hangup()
    made = {"conference": conference, "menu": menu, "agents": agents, "speech": speech, "queue": queue, "hangup": hangup}
    return {name: str(response).encode() for name, response in made.items()}


def parse_alone(body: bytes) -> Any:
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def all_of(parse: Callable[[bytes], object], bodies: Iterable[bytes], refusal: type[Exception]) -> Callable[[], None]:
    def work() -> None:
        for body in bodies:
            with contextlib.suppress(refusal):
                parse(body)

    return work


def corpus_figures(documents: Mapping[str, bytes], effort: Effort) -> dict[str, Figure]:
    """Return the seconds that a document of the corpus takes each parser on average."""
    bodies = list(documents.values())

    def each(work: Callable[[], None]) -> Callable[[], float]:
        return lambda: seconds_each(work, effort.seconds) / len(bodies)

    rivals = {
        OURS: each(all_of(parse_twiml, bodies, TwimlError)),
        LXML: each(all_of(parse_alone, bodies, etree.XMLSyntaxError)),
    }
    return in_turns(rivals, effort.rounds)


def processor_seconds(body: bytes, repeats: int) -> Figure:
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        with contextlib.suppress(TwimlError):
            parse_twiml(body)
        taken.append(time.process_time() - start)
    return Figure(tuple(taken))


def report(corpora: Mapping[str, dict[str, Figure]], sizes: Mapping[str, int]) -> dict[str, object]:
    rows: list[list[str]] = []
    results: dict[str, object] = {}
    for corpus, figures in corpora.items():
        times = ratio(figures[OURS], figures[LXML])
        rows.append(
            [
                f"{corpus} ({sizes[corpus]})",
                f"{figures[OURS].median * 1e6:,.0f}",
                f"± {figures[OURS].spread / 2:.0%}",
                f"{figures[LXML].median * 1e6:,.0f}",
                f"{times.median:,.2f}",
                f"{min(times.rounds):,.2f} to {max(times.rounds):,.2f}",
            ]
        )
        results[corpus] = {
            "documents": sizes[corpus],
            "seconds_each": {name: figure.as_json() for name, figure in figures.items()},
            "ari_conf_in_terms_of_lxml": times.as_json(),
        }
    columns = ["corpus (documents)", "ari_conf, µs each", "spread", "lxml, µs each", "ratio", "in single rounds"]
    print_table("From bytes to typed verbs (ari_conf), from bytes to a tree (lxml)", columns, rows)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.twiml_parser", description="Benchmark of the TwiML parser.")
    parser.add_argument("--quick", action="store_true", help="shorter and fewer rounds")
    parser.add_argument("--once", action="store_true", help="one tiny round, to see that it starts; writes no results")
    arguments = parser.parse_args()
    effort = ONCE if arguments.once else QUICK if arguments.quick else FULL

    corpora = {"usual": usual_documents(), "hostile": hostile_documents()}
    for body in corpora["usual"].values():
        assert parse_twiml(body).problems == ()
    figures = {corpus: corpus_figures(documents, effort) for corpus, documents in corpora.items()}
    results = report(figures, {corpus: len(documents) for corpus, documents in corpora.items()})

    each = {name: processor_seconds(body, effort.repeats) for name, body in corpora["hostile"].items()}
    worst = max(each, key=lambda name: each[name].median)
    print(
        f'The worst hostile document, "{worst}", takes the processor {each[worst].median * 1000:.1f} ms '
        f"(at most {max(each[worst].rounds) * 1000:.1f} ms); {ALLOWED * 1000:.0f} ms are allowed."
    )
    if not arguments.once:
        results["worst_hostile"] = {"document": worst, "processor_seconds": each[worst].as_json(), "allowed": ALLOWED}
        print(f"written to {write_json('twiml_parser', results)}")


if __name__ == "__main__":
    main()
