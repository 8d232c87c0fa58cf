"""Twilio's page of <Conference>, sentence by sentence, as scenarios."""

from .steps import (
    Action,
    Calls,
    FallsSilent,
    HangsUp,
    Hear,
    Lets,
    Music,
    NeverHeard,
    Noted,
    Over,
    Presses,
    Quiet,
    Scenario,
    Told,
    holds,
    modifies,
    mutes,
)

EVENTS = 'statusCallback="/events" statusCallbackEvent="start end join leave mute hold modify"'
ALL_THREE = Hear({"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
BOTH = Hear({"ann": {"bob"}, "bob": {"ann"}})
THREE = (Calls("ann"), Calls("bob"), Calls("cid"))

SCENARIOS = (
    Scenario(
        "muted",
        "With muted=true a participant only listens",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", 'muted="true"'),
            Hear({"ann": {"bob"}, "bob": {"ann"}, "cid": {"ann", "bob"}}),
            NeverHeard("ann", "cid"),
        ),
    ),
    Scenario(
        "muted by the application",
        "Muted can be changed during the call, and is told",
        (
            Calls("ann", EVENTS),
            Calls("bob"),
            BOTH,
            mutes("ann"),
            Hear({"ann": {"bob"}, "bob": set()}),
            mutes("ann", muted=False),
            BOTH,
            Told(
                (
                    "participant-join ann",
                    "participant-join bob",
                    "conference-start",
                    "participant-mute ann",
                    "participant-unmute ann",
                )
            ),
        ),
    ),
    Scenario(
        "joined muted, unmuted by the application",
        "Who has joined muted can be unmuted",
        (Calls("ann"), Calls("bob", 'muted="true"'), Hear({"ann": set(), "bob": {"ann"}}), mutes("bob", muted=False), BOTH),
    ),
    Scenario(
        "moderated",
        "Without startConferenceOnEnter one waits muted with music until somebody with it joins",
        (
            Calls("ann", 'startConferenceOnEnter="false"'),
            Calls("bob", 'startConferenceOnEnter="false"'),
            Music(("ann", "bob")),
            Calls("cid"),
            ALL_THREE,
            FallsSilent("ann"),
            FallsSilent("bob"),
            FallsSilent("cid"),
            Quiet(("ann", "bob", "cid")),
        ),
    ),
    Scenario(
        "one alone waits",
        "A conference starts when at least two are in it",
        (Calls("ann"), Music(("ann",))),
    ),
    Scenario(
        "start=false joins a running conference live",
        "Who joins a conference that has started does not wait",
        (Calls("ann"), Calls("bob"), Calls("cid", 'startConferenceOnEnter="false"'), ALL_THREE),
    ),
    Scenario(
        "end on exit by hanging up",
        "When a participant with endConferenceOnExit leaves, the conference ends and all others drop out",
        (
            Calls("ann"),
            Calls("bob", after="<Pause length='60'/>"),
            Calls("cid", 'endConferenceOnExit="true"'),
            ALL_THREE,
            HangsUp("cid"),
            Over(("ann",)),
            Quiet(("bob",)),
        ),
    ),
    Scenario(
        "end on exit by star",
        "Pressing * with hangupOnStar counts as leaving; the leg goes on with its action",
        (
            Calls("ann", 'endConferenceOnExit="true"', dial='hangupOnStar="true" action="/after"'),
            Calls("bob"),
            BOTH,
            Presses("ann", "*"),
            Over(("bob",)),
            Action("ann", {"DialCallStatus": "answered", "DialBridged": "true"}),
        ),
    ),
    Scenario(
        "time limit",
        "timeLimit removes the participant from the conference, who goes on with the action",
        (
            Calls("ann", dial='timeLimit="3" action="/after"'),
            Calls("bob"),
            BOTH,
            Lets(2.0),
            Action("ann", {"DialCallStatus": "answered", "CallStatus": "in-progress"}),
            Quiet(("bob",)),
        ),
    ),
    Scenario(
        "time limit while waiting",
        "timeLimit counts while waiting too",
        (Calls("ann", dial='timeLimit="1"'), Over(("ann",))),
    ),
    Scenario(
        "time limit on hold",
        "timeLimit counts on hold too",
        (Calls("ann", dial='timeLimit="2"'), Calls("bob"), holds("ann"), Over(("ann",)), Quiet(("bob",))),
    ),
    Scenario(
        "label in use",
        "A label is unique in a conference: the second is not added (16025) and goes on with its next verb",
        (
            Calls("ann", 'participantLabel="agent"'),
            Calls("bob"),
            BOTH,
            Calls("cid", 'participantLabel="agent"', after="<Pause length='60'/>"),
            Noted(16025),
            BOTH,
            Quiet(("cid",)),
            HangsUp("ann"),
            Calls("dee", 'participantLabel="agent"'),
            Hear({"bob": {"dee"}, "dee": {"bob"}}),
        ),
    ),
    Scenario(
        "full",
        "maxParticipants limits the room; the one too many is not added (16020)",
        (
            Calls("ann", 'maxParticipants="2"'),
            Calls("bob"),
            Calls("cid", dial='action="/after"'),
            Noted(16020),
            Action("cid", {"DialCallStatus": "failed", "DialBridged": "false"}),
            BOTH,
        ),
    ),
    Scenario(
        "hold",
        "Who is on hold neither hears nor is heard, and hears music; mute is independent of it",
        (
            *THREE,
            holds("ann"),
            Music(("ann",)),
            Hear({"bob": {"cid"}, "cid": {"bob"}}),
            mutes("ann"),
            holds("ann", hold=False),
            Hear({"ann": {"bob", "cid"}, "bob": {"cid"}, "cid": {"bob"}}),
        ),
    ),
    Scenario(
        "hold is told",
        "A participant that is held or unheld is told",
        (
            Calls("ann", EVENTS),
            Calls("bob"),
            holds("bob"),
            holds("bob", hold=False),
            Told(
                (
                    "participant-join ann",
                    "participant-join bob",
                    "conference-start",
                    "participant-hold bob",
                    "participant-unhold bob",
                )
            ),
        ),
    ),
    Scenario(
        "coach",
        "The coach hears all, and only the coached one hears the coach",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", 'coach="{ann}"'),
            Hear({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}}),
            NeverHeard("bob", "cid"),
        ),
    ),
    Scenario(
        "coached one muted",
        "Who is muted is coached all the same",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", 'coach="{ann}"'),
            mutes("ann"),
            Hear({"ann": {"bob", "cid"}, "bob": set(), "cid": {"bob"}}),
        ),
    ),
    Scenario(
        "coached one on hold",
        "While the coached one is on hold nobody hears the coach, who hears the others",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", 'coach="{ann}"'),
            holds("ann"),
            Music(("ann",)),
            Hear({"bob": set(), "cid": {"bob"}}),
            holds("ann", hold=False),
            Hear({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}}),
        ),
    ),
    Scenario(
        "coached one leaves",
        "When the coached one has left, the coach listens on, unheard",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("dee"),
            Calls("cid", 'coach="{ann}"'),
            HangsUp("ann"),
            Hear({"bob": {"dee"}, "dee": {"bob"}, "cid": {"bob", "dee"}}),
        ),
    ),
    Scenario(
        "coach leaves",
        "When the coach has left, the others go on",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", 'coach="{ann}"'),
            Hear({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}}),
            HangsUp("cid"),
            BOTH,
        ),
    ),
    Scenario(
        "coach moves",
        "A coach can move to another participant, and become an ordinary one",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", 'coach="{ann}"'),
            modifies("cid", coach="bob"),
            Hear({"ann": {"bob"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}}),
            modifies("cid", coaching=False),
            ALL_THREE,
        ),
    ),
    Scenario(
        "two coaches of one",
        "Several may coach one participant, who hears them all",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", 'coach="{ann}"'),
            Calls("dee", 'coach="{ann}"'),
            Hear({"ann": {"bob", "cid", "dee"}, "bob": {"ann"}, "cid": {"ann", "bob"}, "dee": {"ann", "bob"}}),
        ),
    ),
    Scenario(
        "a coach of each of two",
        "Each is heard by their own",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", 'coach="{ann}"'),
            Calls("dee", 'coach="{bob}"'),
            Hear({"ann": {"bob", "cid"}, "bob": {"ann", "dee"}, "cid": {"ann", "bob"}, "dee": {"ann", "bob"}}),
        ),
    ),
    Scenario(
        "coach of nobody",
        "A coach SID that is not in the conference fails the call to the action URL (13240)",
        (
            Calls("ann"),
            Calls("bob"),
            Calls("cid", f'coach="CA{"0" * 32}"', dial='action="/after"'),
            Noted(13240),
            Action("cid", {"DialCallStatus": "failed"}),
            BOTH,
        ),
    ),
    Scenario(
        "first participant decides the callback",
        "statusCallback and its events are those of the first participant",
        (
            Calls("ann", 'statusCallback="/events" statusCallbackEvent="join"'),
            Calls("bob", EVENTS),
            BOTH,
            Told(("participant-join ann", "participant-join bob")),
        ),
    ),
    Scenario(
        "all events of a short life",
        "Join comes before start, leaves come before the end",
        (
            Calls("ann", EVENTS),
            Calls("bob", 'endConferenceOnExit="true"'),
            BOTH,
            HangsUp("bob"),
            Over(("ann",)),
            Told(
                (
                    "participant-join ann",
                    "participant-join bob",
                    "conference-start",
                    "participant-leave bob",
                    "participant-leave ann",
                    "conference-end",
                )
            ),
        ),
    ),
    Scenario(
        "modify is told",
        "A change of EndConferenceOnExit during the call counts, and is told",
        (
            Calls("ann", EVENTS),
            Calls("bob"),
            BOTH,
            modifies("bob", end_conference_on_exit=True),
            HangsUp("bob"),
            Over(("ann",)),
            Told(
                (
                    "participant-join ann",
                    "participant-join bob",
                    "conference-start",
                    "participant-modify bob",
                    "participant-leave bob",
                    "participant-leave ann",
                    "conference-end",
                )
            ),
        ),
    ),
    Scenario(
        "rooms have names",
        "Whoever dials the same name is in the same room, and nobody else",
        (
            Calls("ann", room="One"),
            Calls("bob", room=" One\n "),
            Calls("cid", room="one"),
            Calls("dee", room="one"),
            Hear({"ann": {"bob"}, "bob": {"ann"}, "cid": {"dee"}, "dee": {"cid"}}),
        ),
    ),
    Scenario(
        "no music",
        "waitUrl='' is silence",
        (Calls("ann", 'waitUrl=""'), Quiet(("ann",)), Calls("bob"), BOTH),
    ),
)
