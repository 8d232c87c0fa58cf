"""Twilio's REST API of 2010-04-01 over the rooms, the calls and the store, on aiohttp and pydantic.

How a resource is written (``accounts.py`` is the smallest example, ``events.py`` one with a list):

1. **What is answered** is a ``Body``: a pydantic model whose fields are those of Twilio's JSON. Dates are text, from ``dated``.
2. **What can be sent** is a ``Parameters`` for each operation: fields in snake_case, read in CamelCase, typed with what is in
   ``parameters.py`` (``Flag``, ``Method``, ``WebUrl``, ``UrlOrEmpty``, ``Annotated[frozenset[…], WORDS]``), and with
   ``Wrong(code, missing)`` in ``Annotated[…]`` where Twilio has a code of its own. A list's is a ``Paging``.
3. **A class** takes what it needs and has a handler for each operation: ``async def fetch(self, asked: Asked[P]) -> Body``. It
   returns a ``Body``; a ``Page``, made by ``paginate`` from a source; an aiohttp response for what is no JSON; or None for 204.
   It raises ``NotFound``, ``RestError(code, message, status)``, or lets a ``TwilioError`` pass.
4. **``operations()``** declares them. Routing, authentication, checking, the envelope of lists, errors and ``/openapi.json``
   follow from that; so does that one which changes something answers only when the change is in the store. One that begins a
   call says so (``begins_call``), for it is refused while the controller is about to stop.
5. It is added to the list in ``resources.py``, and takes what it needs from the ``Backend`` there.

What is live is read from memory, what is over from the store, after ``caught_up(store)``: an answer is never behind what an
earlier request has done.
"""

from .application import RestApi
from .resources import Backend, operations

__all__ = ["Backend", "RestApi", "operations"]
