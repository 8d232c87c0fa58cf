"""The operators' room: what goes on, what happened, and what to do about it, in a browser.

How data gets to a page: a function or a class of this package returns ``Route``s, which are added in ``dashboard.py``, where
the ``House`` is at hand, the parts of the controller. A handler is given the request and the ``Visitor``, who says which
accounts may be seen; what belongs to another is ``NotFound``. What a page wants changed, it asks of the REST API, which is
served below ``/dashboard/rest`` to who has a session, for each of its accounts.
"""

from .dashboard import Dashboard
from .visitor import Route, Visitor

__all__ = ["Dashboard", "Route", "Visitor"]
