"""Our choices for rooms that outlive the controller, where Twilio's public material is silent."""

from typing import Final

ANNOUNCEMENT_CUT_OFF: Final = "ari_conf was restarted while it was played"
"""``ReasonAnnouncementFailed`` of an announcement that was under way: it is not played a second time, nor told as played."""
