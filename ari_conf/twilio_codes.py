"""Twilio's error and warning codes that are used here, each with its level and its meaning in our own words."""

from enum import IntEnum, StrEnum
from typing import Self


class Level(StrEnum):
    """How grave it is: the call goes on after a warning; after an error something that was asked for is missing."""

    ERROR = "error"
    WARNING = "warning"


class Code(IntEnum):
    """A code of Twilio's error dictionary; compares as the number, carries its usual ``level`` and its ``meaning``."""

    level: Level
    meaning: str

    def __new__(cls, number: int, level: Level, meaning: str) -> Self:
        """Make a member that is the number and knows the rest."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.level = level
        member.meaning = meaning
        return member

    # Reaching the application
    INVALID_URL = 11100, Level.ERROR, "the URL is not a well-formed http or https URL"
    HTTP_RETRIEVAL_FAILURE = 11200, Level.ERROR, "the application answered, but not with success"
    HTTP_TOTAL_TIMEOUT = 11203, Level.ERROR, "the application did not answer completely in the time allowed"
    HTTP_CONNECTION_FAILURE = 11205, Level.ERROR, "no connection to the application could be made"
    HTTP_PROTOCOL_VIOLATION = 11206, Level.ERROR, "the application broke off, or what it sent is not HTTP"
    HTTP_BAD_HOST = 11210, Level.ERROR, "the host name does not resolve to an address"
    HTTP_TOO_MANY_REDIRECTS = 11215, Level.ERROR, "the application redirects without end"
    TLS_HANDSHAKE = 11220, Level.ERROR, "the TLS handshake failed"
    CERTIFICATE_DOMAIN_MISMATCH = 11235, Level.ERROR, "the certificate is not for this host"
    CERTIFICATE_EXPIRED = 11236, Level.ERROR, "the certificate has expired"
    CERTIFICATE_UNTRUSTED = 11237, Level.ERROR, "the certificate leads to no authority that is trusted"
    BODY_TOO_LARGE = 11750, Level.ERROR, "the document is larger than 64 kB"
    BODY_EMPTY = 11770, Level.ERROR, "the document is empty"

    # The document
    PARSE_FAILURE = 12100, Level.ERROR, "the document is not XML that is accepted"
    ROOT_NOT_RESPONSE = 12102, Level.ERROR, "the root element is not <Response>"
    SCHEMA_WARNING = 12200, Level.WARNING, "an element or attribute that is not known, or a value that is not allowed"
    CONTENT_TYPE = 12300, Level.ERROR, "the content type of the answer is neither TwiML nor audio nor plain text"

    # <Dial>
    CONFERENCE_MIXED = 13000, Level.WARNING, "a conference cannot be dialled together with something else"
    DIAL_FROM_DIALLED_LEG = 13201, Level.ERROR, "a leg that was itself dialled cannot dial"
    DIAL_METHOD = 13210, Level.WARNING, "bad method"
    DIAL_IF_MACHINE = 13211, Level.WARNING, "bad ifMachine"
    DIAL_TIMEOUT = 13212, Level.WARNING, "bad timeout"
    DIAL_HANGUP_ON_STAR = 13213, Level.WARNING, "bad hangupOnStar"
    DIAL_CALLER_ID = 13214, Level.WARNING, "bad callerId"
    DIAL_NESTED_ELEMENT = 13215, Level.WARNING, "an element inside <Dial> that cannot be carried out"
    DIAL_TIME_LIMIT = 13216, Level.WARNING, "bad timeLimit"
    DIAL_RECORD = 13217, Level.WARNING, "bad record"
    DIAL_SEQUENTIAL = 13218, Level.WARNING, "bad sequential"
    DIAL_ANSWER_ON_BRIDGE = 13219, Level.WARNING, "bad answerOnBridge"
    DIAL_RING_TONE = 13220, Level.WARNING, "bad ringTone"

    # <Conference>
    CONFERENCE_MUTED = 13230, Level.WARNING, "bad muted"
    CONFERENCE_END_ON_EXIT = 13231, Level.ERROR, "bad endConferenceOnExit"
    CONFERENCE_START_ON_ENTER = 13232, Level.WARNING, "bad startConferenceOnEnter"
    CONFERENCE_WAIT_URL = 13233, Level.WARNING, "bad waitUrl"
    CONFERENCE_WAIT_METHOD = 13234, Level.WARNING, "bad waitMethod"
    CONFERENCE_BEEP = 13235, Level.WARNING, "bad beep"
    CONFERENCE_SID = 13236, Level.WARNING, "the name is a conference SID that is not in progress"
    CONFERENCE_NAME = 13237, Level.WARNING, "the name is empty or longer than 128 characters"
    CONFERENCE_FORBIDDEN_VERB = 13238, Level.ERROR, "a verb that may not stand in wait, hold or announcement TwiML"
    CONFERENCE_TRIM = 13239, Level.ERROR, "bad trim"
    CONFERENCE_COACH = 13240, Level.ERROR, "coach is not the SID of a call in a conference"
    RECORDING_STATUS_CALLBACK = 13256, Level.WARNING, "bad recordingStatusCallback"
    CONFERENCE_ATTRIBUTE = 16002, Level.ERROR, "bad attribute of <Conference>"
    CONFERENCE_NOT_ACTIVE = 16001, Level.ERROR, "the conference has not started, or the participant is not in its mix"
    CONFERENCE_CALLBACK_FAILED = 16011, Level.ERROR, "a callback URL of a conference did not accept the request"
    CONFERENCE_FULL = 16020, Level.ERROR, "the conference has as many participants as are allowed"
    CONFERENCE_OVER = 16022, Level.ERROR, "the conference does not exist or is completed"
    PARTICIPANT_LABEL = 16023, Level.ERROR, "bad participantLabel"
    PARTICIPANT_LABEL_IN_USE = 16025, Level.ERROR, "another participant of the conference has this label"

    # Other verbs
    PLAY_LOOP = 13410, Level.WARNING, "bad loop of <Play>"
    PLAY_CONTENT_TYPE = 13420, Level.ERROR, "what <Play> names is no sound in a known format"
    PLAY_DIGITS = 13430, Level.WARNING, "bad digits of <Play>"
    SAY_LOOP = 13510, Level.WARNING, "bad loop of <Say>"
    SAY_TEXT = 13520, Level.WARNING, "<Say> has no text"
    RECORDING_STATUS_CALLBACK_EVENT = 13621, Level.ERROR, "bad recordingStatusCallbackEvent"
    RECORDING_TRACK = 13622, Level.WARNING, "bad recordingTrack"
    REDIRECT_METHOD = 13710, Level.WARNING, "bad method of <Redirect>"
    REJECT_REASON = 13810, Level.WARNING, "bad reason of <Reject>"
    PAUSE_LENGTH = 13910, Level.WARNING, "bad length of <Pause>"


def code_of(number: int) -> Code:
    """Return the code with this number. Raises ValueError if there is none."""
    for code in Code:
        if code == number:
            return code
    raise ValueError(f"{number} is no code that is used here")


class TwilioError(Exception):
    """Something for which Twilio has a code. ``message`` is one sentence with the cause; ``code`` carries the level."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code.value}: {message}")
        self.code = code
        self.message = message
