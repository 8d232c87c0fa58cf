"""The Asterisk engine: rooms are mixing bridges, reached by ARI.

``transport`` carries requests and events, ``link`` keeps it alive, ``patience`` waits for it. ``leg``, ``bridge`` and
``snoops`` are what there is in Asterisk; ``room`` brings one room into what a plan says, with the help of ``coach``
and ``room_recording``. ``player`` plays, ``call_recording`` records calls, and ``engine`` puts all together behind the port.
"""
