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
    HTTP_CONNECT_TIMEOUT = 11201, Level.ERROR, "no connection to the application was made in the time allowed"
    HTTP_CONNECTION_REFUSED = 11202, Level.ERROR, "the application's machine refused the connection"
    HTTP_TOTAL_TIMEOUT = 11203, Level.ERROR, "the application did not answer completely in the time allowed"
    HTTP_CONNECTION_FAILURE = 11205, Level.ERROR, "no connection to the application could be made"
    HTTP_PROTOCOL_VIOLATION = 11206, Level.ERROR, "the application broke off, or what it sent is not HTTP"
    HTTP_BAD_HOST = 11210, Level.ERROR, "the host name does not resolve to an address"
    HTTP_TOO_MANY_REDIRECTS = 11215, Level.ERROR, "the application redirects without end"
    HTTP_INVALID_REDIRECT = 11216, Level.ERROR, "the application redirects to something that is not a URL"
    HTTP_ERROR_STATUS = 11217, Level.ERROR, "the application answered with a status of 400 or more"
    TLS_HANDSHAKE = 11220, Level.ERROR, "the TLS handshake failed"
    CERTIFICATE_DOMAIN_MISMATCH = 11235, Level.ERROR, "the certificate is not for this host"
    CERTIFICATE_EXPIRED = 11236, Level.ERROR, "the certificate has expired"
    CERTIFICATE_UNTRUSTED = 11237, Level.ERROR, "the certificate leads to no authority that is trusted"
    OVERRIDE_EDGE = 11240, Level.ERROR, "bad edge location (e) in the URL's fragment"
    OVERRIDE_EDGE_UNSUPPORTED = 11241, Level.ERROR, "an edge location (e) in the URL's fragment that is not supported"
    OVERRIDE_INTERCONNECT = 11242, Level.ERROR, "a private interconnection (r) in the URL's fragment, which is not allowed"
    OVERRIDE_RETRY_POLICY = 11243, Level.ERROR, "bad retry policy (rp) in the URL's fragment"
    BODY_TOO_LARGE = 11750, Level.ERROR, "the document is larger than 64 kB"
    BODY_EMPTY = 11770, Level.ERROR, "the document is empty"

    # The document
    PARSE_FAILURE = 12100, Level.ERROR, "the document is not XML that is accepted"
    ROOT_NOT_RESPONSE = 12102, Level.ERROR, "the root element is not <Response>"
    SCHEMA_WARNING = 12200, Level.WARNING, "an element or attribute that is not known, or a value that is not allowed"
    CONTENT_TYPE = 12300, Level.ERROR, "the content type of the answer is neither TwiML nor audio nor plain text"
    INTERNAL_FAILURE = 12400, Level.ERROR, "something went wrong here, not in the application"

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
    CALLER_ID_CHARACTERS = 13247, Level.ERROR, "callerId contains characters that are not allowed"
    CALLER_ID_TOO_LONG = 13248, Level.WARNING, "callerId is too long"
    DIAL_REFER_URL = 13802, Level.ERROR, "a REFER arrived, but <Dial> has no referUrl"

    # <Number>, <Sip> and <Client>
    NUMBER_METHOD = 13221, Level.WARNING, "bad method of <Number>"
    NUMBER_SEND_DIGITS = 13222, Level.WARNING, "bad sendDigits of <Number>"
    NUMBER_FORMAT = 13223, Level.WARNING, "what is dialled does not look like a phone number"
    NUMBER_INVALID = 13224, Level.ERROR, "the number does not exist or cannot be reached from here"
    NUMBER_BLOCKED = 13225, Level.ERROR, "the number must not be called"
    NUMBER_COUNTRY_CODE = 13226, Level.WARNING, "the number's country code is not known"
    NUMBER_COUNTRY_FORBIDDEN = 13227, Level.ERROR, "calls to the number's country are not permitted"
    SIP_METHOD = 13241, Level.WARNING, "bad method of <Sip>"
    SIP_SEND_DIGITS = 13242, Level.WARNING, "bad sendDigits of <Sip>"
    SIP_URI = 13243, Level.WARNING, "what is dialled is not a SIP URI"
    SIP_NOT_AUTHORIZED = 13244, Level.WARNING, "the account may not make SIP calls"
    SIP_NOT_ENABLED = 13246, Level.WARNING, "SIP calls are not enabled"
    SIP_CREDENTIALS = 13249, Level.WARNING, "bad username or password of <Sip>"
    SIP_TOO_MANY_URIS = 13250, Level.WARNING, "more than ten are to be dialled at once"
    SIP_TOO_MANY_HEADERS = 13251, Level.WARNING, "the SIP URI carries too many headers"
    SIP_HEADER_NAME = 13252, Level.WARNING, "the SIP URI carries a header that may not be sent"
    SIP_HEADER_TOO_LONG = 13253, Level.WARNING, "the headers that the SIP URI carries are too long"
    SIP_HOST = 13254, Level.WARNING, "the host of the SIP URI does not resolve, or not to a public address"
    CALL_PROGRESS_CALLBACK_FAILED = 15003, Level.WARNING, "a status callback URL of a call did not accept the request"
    ACTION_NOT_ABSOLUTE = 15004, Level.ERROR, "an action URL in TwiML that came without a URL of its own has to be absolute"
    STATUS_CALLBACK_URL = 21609, Level.WARNING, "bad statusCallback"

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
    SIM_NOT_SUPPORTED = 13258, Level.ERROR, "<Sim> cannot be dialled here"
    CONFERENCE_ATTRIBUTE = 16002, Level.ERROR, "bad attribute of <Conference>"
    CONFERENCE_NOT_ACTIVE = 16001, Level.ERROR, "the conference has not started, or the participant is not in its mix"
    CONFERENCE_CALLBACK_FAILED = 16011, Level.ERROR, "a callback URL of a conference did not accept the request"
    CONFERENCE_FULL = 16020, Level.ERROR, "the conference has as many participants as are allowed"
    CONFERENCE_OVER = 16022, Level.ERROR, "the conference does not exist or is completed"
    PARTICIPANT_LABEL = 16023, Level.ERROR, "bad participantLabel"
    PARTICIPANT_LABEL_IN_USE = 16025, Level.ERROR, "another participant of the conference has this label"
    API_PARTICIPANT_LABEL_IN_USE = 16026, Level.ERROR, "another participant of the conference has this label"
    CALL_STATE = 21220, Level.ERROR, "the call is not in a state for that"

    # <Gather>
    GATHER_FINISH_ON_KEY = 13310, Level.WARNING, "finishOnKey of <Gather> is not a key"
    GATHER_FINISH_ON_KEY_LENGTH = 13311, Level.WARNING, "finishOnKey of <Gather> is longer than one key"
    GATHER_METHOD = 13312, Level.WARNING, "bad method of <Gather>"
    GATHER_TIMEOUT = 13313, Level.WARNING, "bad timeout of <Gather>"
    GATHER_NUM_DIGITS = 13314, Level.WARNING, "bad numDigits of <Gather>"
    GATHER_NESTED_VERB = 13320, Level.WARNING, "a verb inside <Gather> other than <Say>, <Play> and <Pause>"
    GATHER_SAY_VOICE = 13321, Level.WARNING, "bad voice of <Say> inside <Gather>"
    GATHER_SAY_LOOP = 13322, Level.WARNING, "bad loop of <Say> inside <Gather>"
    GATHER_PLAY_CONTENT_TYPE = 13325, Level.ERROR, "what <Play> inside <Gather> names is no sound in a known format"
    GATHER_INPUT = 13326, Level.WARNING, "bad input of <Gather>, or speech, which is not recognised here"
    GATHER_SPEECH_TIMEOUT = 13327, Level.WARNING, "bad speechTimeout"
    GATHER_MAX_SPEECH_TIME = 13328, Level.WARNING, "bad maxSpeechTime"
    GATHER_PARTIAL_RESULT_METHOD = 13329, Level.WARNING, "bad partialResultCallbackMethod"
    GATHER_HINTS = 13330, Level.WARNING, "bad hints"
    GATHER_LANGUAGE = 13331, Level.WARNING, "bad language of <Gather>"
    GATHER_BARGE_IN = 13332, Level.WARNING, "bad bargeIn"
    GATHER_PROFANITY_FILTER = 13333, Level.WARNING, "bad profanityFilter"
    GATHER_SPEECH_MODEL = 13334, Level.WARNING, "bad speechModel"
    GATHER_SPEECH_TIMEOUT_AUTO = 13335, Level.WARNING, "speechTimeout auto does not go with the default speechModel"
    GATHER_ACTION_ON_EMPTY_RESULT = 13338, Level.ERROR, "bad actionOnEmptyResult"

    # <Play>, <Say>, <Pause>, <Redirect>, <Reject>, <Refer>
    PLAY_LOOP = 13410, Level.WARNING, "bad loop of <Play>"
    PLAY_CONTENT_TYPE = 13420, Level.ERROR, "what <Play> names is no sound in a known format"
    PLAY_DIGITS = 13430, Level.WARNING, "bad digits of <Play>"
    SAY_LOOP = 13510, Level.WARNING, "bad loop of <Say>"
    SAY_VOICE = 13511, Level.WARNING, "bad voice of <Say>"
    SAY_LANGUAGE = 13512, Level.WARNING, "bad language of <Say>"
    SAY_RATE = 13513, Level.WARNING, "bad rate of speech in <Say>"
    SAY_TEXT = 13520, Level.WARNING, "<Say> has no text"
    SAY_TOO_LONG = 13521, Level.WARNING, "<Say> has more text than is spoken"
    REDIRECT_METHOD = 13710, Level.WARNING, "bad method of <Redirect>"
    VERB_NOT_SUPPORTED = 13750, Level.ERROR, "a verb or noun of TwiML that is not carried out here"
    REFER_NOT_SIP = 13801, Level.ERROR, "a call that did not come by SIP cannot be referred"
    SMS_NOT_SUPPORTED = 13803, Level.ERROR, "messages cannot be sent here"
    REJECT_REASON = 13810, Level.WARNING, "bad reason of <Reject>"
    PAUSE_LENGTH = 13910, Level.WARNING, "bad length of <Pause>"

    # Recordings, of <Record>, <Dial> and <Conference>
    TRANSCRIBE_CALLBACK = 13257, Level.ERROR, "bad transcribeCallback"
    RECORD_METHOD = 13610, Level.WARNING, "bad method of <Record>"
    RECORD_TIMEOUT = 13611, Level.WARNING, "bad timeout of <Record>"
    RECORD_MAX_LENGTH = 13612, Level.WARNING, "bad maxLength"
    RECORD_FINISH_ON_KEY = 13613, Level.WARNING, "bad finishOnKey of <Record>"
    RECORD_TRANSCRIBE = 13614, Level.WARNING, "bad transcribe"
    RECORD_PLAY_BEEP = 13616, Level.WARNING, "bad playBeep"
    TRANSCRIPTION_NOT_AVAILABLE = 13620, Level.WARNING, "recordings are not transcribed here"
    RECORDING_STATUS_CALLBACK_EVENT = 13621, Level.ERROR, "bad recordingStatusCallbackEvent"
    RECORDING_TRACK = 13622, Level.WARNING, "bad recordingTrack"
    RECORD_TRIM = 13699, Level.WARNING, "bad trim of <Record>"
    RECORDING_TOO_SHORT = 16101, Level.WARNING, "the recording is too short to be kept"
    RECORDING_SILENT = 16102, Level.WARNING, "nothing was said in the recording"
    TOO_MANY_RECORDINGS = 16108, Level.ERROR, "as many recordings of the call are running as are allowed"
    RECORDING_STATE = 16114, Level.ERROR, "the recording is not in a state in which this can be done"

    # <Enqueue> and <Queue>
    ENQUEUE_METHOD = 14201, Level.ERROR, "bad method of <Enqueue>"
    ENQUEUE_WAIT_URL = 14202, Level.ERROR, "bad waitUrl of <Enqueue>"
    ENQUEUE_ACTION = 14203, Level.ERROR, "bad action of <Enqueue>"
    ENQUEUE_NAME_EMPTY = 14204, Level.ERROR, "<Enqueue> names no queue"
    ENQUEUE_NAME_TOO_LONG = 14205, Level.ERROR, "the name of the queue of <Enqueue> has more than 64 characters"
    ENQUEUE_WAIT_URL_METHOD = 14206, Level.ERROR, "bad waitUrlMethod of <Enqueue>"
    QUEUE_FULL = 14207, Level.WARNING, "the queue has as many callers waiting as are allowed"
    QUEUE_METHOD = 14210, Level.ERROR, "bad method of <Queue>"
    QUEUE_URL = 14211, Level.ERROR, "bad url of <Queue>"
    QUEUE_NAME_EMPTY = 14212, Level.ERROR, "<Queue> names no queue"
    QUEUE_NAME_TOO_LONG = 14213, Level.ERROR, "the name of the queue of <Queue> has more than 64 characters"
    QUEUE_RESERVATION = 14219, Level.ERROR, "<Queue> of TaskRouter is not carried out here"
    ENQUEUE_WORKFLOW = 14226, Level.ERROR, "<Enqueue> of TaskRouter is not carried out here"

    # <Start>
    START_NOUN = 14300, Level.ERROR, "a noun of <Start> that is not carried out"


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
