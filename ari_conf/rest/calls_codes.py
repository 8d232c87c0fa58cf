"""Twilio's codes for calls, recordings and queues that are told over REST alone."""

from enum import IntEnum


class CallCode(IntEnum):
    """Why something that was asked of a call, a recording or a queue is refused."""

    NOT_OVER_YET = 20009
    """What is not over cannot be deleted."""
    FRIENDLY_NAME = 20002
    CONFLICT = 20409
    APPLICATION_SID = 21218
    CALL_STATE = 21220
    SIP_CREDENTIALS = 21225
    REQUESTED_CHANNELS = 16113
    RECORDING_STATE = 16114
