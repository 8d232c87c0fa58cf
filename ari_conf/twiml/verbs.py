"""The verbs and nouns of TwiML as typed, immutable data, with Twilio's defaults. URLs are as they were written.

A URL attribute is None when it was not given (or given empty). Times are in seconds.
"""

from dataclasses import dataclass, field

from ari_conf.conference import Beep, CallbackEvent
from ari_conf.twiml.words import (
    CallProgressEvent,
    ConferenceRecord,
    DialRecord,
    HttpMethod,
    JitterBufferSize,
    RecordingEvent,
    RecordingTrack,
    Region,
    RejectReason,
    Trim,
)

_COMPLETED = frozenset({RecordingEvent.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceNoun:
    """``<Conference>``: the room called ``name`` (trimmed, 1 to 128 characters).

    Of one participant: ``muted`` to ``wait_method``, and ``coach``. Of the conference, where the first participant decides: the
    others. ``wait_url`` is None for the default music and ``""`` for silence. ``coach`` has the shape of a Call SID.
    """

    name: str
    muted: bool = False
    beep: Beep = Beep.TRUE
    start_conference_on_enter: bool = True
    end_conference_on_exit: bool = False
    participant_label: str | None = None
    jitter_buffer_size: JitterBufferSize = JitterBufferSize.LARGE
    wait_url: str | None = None
    wait_method: HttpMethod = HttpMethod.POST
    max_participants: int = 250
    record: ConferenceRecord = ConferenceRecord.DO_NOT_RECORD
    region: Region | None = None
    trim: Trim = Trim.TRIM_SILENCE
    coach: str | None = None
    status_callback_event: frozenset[CallbackEvent] = frozenset()
    status_callback: str | None = None
    status_callback_method: HttpMethod = HttpMethod.POST
    recording_status_callback: str | None = None
    recording_status_callback_method: HttpMethod = HttpMethod.POST
    recording_status_callback_event: frozenset[RecordingEvent] = _COMPLETED
    event_callback_url: str | None = None
    recording_configuration_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """What the nouns of somebody who is called have in common.

    ``url`` is asked for the document that whoever answers hears before being connected.
    """

    url: str | None = None
    method: HttpMethod = HttpMethod.POST
    status_callback: str | None = None
    status_callback_method: HttpMethod = HttpMethod.POST
    status_callback_event: frozenset[CallProgressEvent] = frozenset({CallProgressEvent.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberNoun(Callee):
    """``<Number>``, or the text of ``<Dial>``: a phone ``number``. ``send_digits`` are pressed when it has answered."""

    number: str
    send_digits: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SipNoun(Callee):
    """``<Sip>``: a SIP ``uri``, headers in its query. ``username`` and ``password`` answer a challenge."""

    uri: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientNoun(Callee):
    """``<Client>``: whoever has signed in as ``identity``, and the custom ``parameters`` of ``<Parameter>``."""

    identity: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNoun:
    """``<Queue>``: the first one waiting in the queue ``name``, who hears the document at ``url`` before being connected."""

    name: str
    url: str | None = None
    method: HttpMethod = HttpMethod.POST


Callees = tuple[NumberNoun | SipNoun | ClientNoun, ...]
"""Those who are called, at once or one after the other; at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """``<Dial>``. With ``noun`` None there is nobody to dial, and the document's problems say why.

    Such a Dial has failed at once: the call goes on to ``action``, or to the next verb. ``timeout``, ``caller_id``,
    ``ring_tone``, ``sequential``, ``call_reason``, ``refer_url``, ``events`` and ``passports`` mean nothing to a conference.
    """

    noun: ConferenceNoun | QueueNoun | Callees | None = None
    action: str | None = None
    method: HttpMethod = HttpMethod.POST
    timeout: int = 30
    hangup_on_star: bool = False
    time_limit: int = 14_400
    caller_id: str | None = None
    record: DialRecord = DialRecord.DO_NOT_RECORD
    trim: Trim = Trim.DO_NOT_TRIM
    recording_status_callback: str | None = None
    recording_status_callback_method: HttpMethod = HttpMethod.POST
    recording_status_callback_event: frozenset[RecordingEvent] = _COMPLETED
    recording_track: RecordingTrack = RecordingTrack.BOTH
    recording_configuration_id: str | None = None
    answer_on_bridge: bool = False
    ring_tone: str | None = None
    sequential: bool = False
    call_reason: str | None = None
    refer_url: str | None = None
    refer_method: HttpMethod = HttpMethod.POST
    events: str | None = None
    passports: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """``<Say>``: ``text`` without its speech markup, with single spaces. ``loop`` 0 means until the call ends.

    ``ssml`` is the content with its speech markup, checked, as an XML fragment without a root; None if there is none.
    """

    text: str
    ssml: str | None = None
    voice: str | None = None
    language: str | None = None
    loop: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """``<Play>``: the sound at ``url``, or the keys ``digits`` (``w`` waits half a second, ``W`` one); one of them is given.

    ``loop`` 0 means until the call ends.
    """

    url: str | None = None
    digits: str | None = None
    loop: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """``<Pause>``: ``length`` seconds of silence."""

    length: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """``<Redirect>``: go on with the document at ``url``, which may be empty (this document again) or wrong (11100)."""

    url: str
    method: HttpMethod = HttpMethod.POST


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """``<Reject>``: turn the call down. Only as the first verb, before anything has answered the call."""

    reason: RejectReason = RejectReason.REJECTED


@dataclass(frozen=True, slots=True)
class Hangup:
    """``<Hangup>``: end the call."""


Prompt = Say | Play | Pause
"""What is heard, and asks for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """``<Gather>``: collect keys while and after ``prompts`` are heard.

    ``action`` None is this document's own URL. ``timeout`` seconds without a key end it, counted from the end of the prompts.
    ``finish_on_key`` is one key, or ``""`` for none. ``dtmf`` is False if only speech was asked for, which is not recognised
    here: then the prompts are played and nothing is collected.
    """

    prompts: tuple[Prompt, ...] = ()
    action: str | None = None
    method: HttpMethod = HttpMethod.POST
    dtmf: bool = True
    timeout: int = 5
    num_digits: int | None = None
    finish_on_key: str = "#"
    action_on_empty_result: bool = False
    barge_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """``<Record>``: record what the caller says.

    ``action`` None is this document's own URL. ``timeout`` seconds of silence end it (0: they do not), and any key of
    ``finish_on_key``, and ``max_length`` seconds.
    """

    action: str | None = None
    method: HttpMethod = HttpMethod.POST
    timeout: int = 5
    finish_on_key: str = "1234567890*#"
    max_length: int = 3600
    play_beep: bool = True
    trim: Trim = Trim.TRIM_SILENCE
    recording_status_callback: str | None = None
    recording_status_callback_method: HttpMethod = HttpMethod.POST
    recording_status_callback_event: frozenset[RecordingEvent] = _COMPLETED


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """``<Enqueue>``: wait in the queue ``name`` (1 to 64 characters).

    Meanwhile what ``wait_url`` says is heard: None is the default music, ``""`` silence. ``max_queue_size`` None is the
    queue's own.
    """

    name: str
    action: str | None = None
    method: HttpMethod = HttpMethod.POST
    wait_url: str | None = None
    wait_url_method: HttpMethod = HttpMethod.POST
    max_queue_size: int | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """``<Leave>``: leave the queue; in the document of a waitUrl of ``<Enqueue>`` alone."""


Verb = Dial | Say | Play | Pause | Gather | Record | Redirect | Reject | Hangup | Enqueue | Leave
