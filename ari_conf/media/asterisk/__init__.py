"""The Asterisk engine: rooms are mixing bridges, reached by ARI.

``transport`` carries requests and events, ``link`` keeps it alive, ``room`` brings one bridge into what a plan says, ``engine``
puts them together behind the port.
"""
