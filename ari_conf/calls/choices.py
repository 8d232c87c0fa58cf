"""Our choices where Twilio's public material is silent about calls, all of them, in one place."""

from typing import Final

from ari_conf.twiml import RejectReason
from ari_conf.webhooks import CallStatus

APPLICATION_ERROR: Final = "Sorry. This call cannot go on, because of an error in the application. Goodbye."
"""What a caller is told whose application cannot be reached or answers with nonsense; Twilio's words are others."""

STATUS_OF_SEVERAL: Final = (CallStatus.NO_ANSWER, CallStatus.BUSY, CallStatus.FAILED, CallStatus.CANCELED)
"""``DialCallStatus`` when several were called and nobody answered: the first of these that any of them met with."""

STATUS_WHEN_SCREENED_OUT: Final = CallStatus.COMPLETED
"""``DialCallStatus`` when somebody has answered, but was not connected: its document hung up. ``DialBridged`` is false."""

SEQUENTIAL_GOES_ON_AFTER_SCREENING: Final = True
"""Whether a sequential Dial tries the next one after somebody has answered and hung up in the screening document."""

STATUS_WHEN_THE_CALLER_GAVE_UP: Final = CallStatus.CANCELED
"""``DialCallStatus`` for the action of a caller who has hung up while it rang."""

FAILED_SCREENING_CONNECTS: Final = False
"""Whether somebody whose screening document could not be had is connected all the same, instead of being hung up."""

FAILED_QUEUE_DOCUMENT_CONNECTS: Final = True
"""Whether a caller in a queue is connected with the agent all the same if the document of the agent's url cannot be had."""

STATUS_WHEN_STARRED: Final = CallStatus.CANCELED
"""``DialCallStatus`` when the caller has pressed ``*`` before anybody was connected. That of the called leg is documented."""

STATUS_OF_THE_UNANSWERED: Final = CallStatus.NO_ANSWER
"""``CallStatus`` of a call that has come and is over without having been answered: the caller has given up."""

STATUS_OF_THE_REJECTED: Final = {RejectReason.BUSY: CallStatus.BUSY, RejectReason.REJECTED: CallStatus.FAILED}
"""``CallStatus`` of a call that ``<Reject>`` has turned down, by its reason."""

DOCUMENTS_AT_ONCE: Final = 10
"""So many documents a call may ask for without a pause; after that, one each ``SECONDS_PER_DOCUMENT``."""

SECONDS_PER_DOCUMENT: Final = 1.0
"""How fast a call may go on asking for documents, as one that redirects to itself for ever does."""
