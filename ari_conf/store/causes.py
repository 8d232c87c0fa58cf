"""What an error of a database means: a fault in the values, or of the database; and how it is told in a few words."""

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

_DATA_STATES = ("22", "23")
"""The classes of SQLSTATE for values that cannot be kept and for broken constraints."""


def is_about_the_data(error: BaseException) -> bool:
    """Say whether these values will never be taken, however often they are tried. In doubt they may be."""
    if isinstance(error, DataError | IntegrityError | OverflowError):  # OverflowError: an integer too large for SQLite
        return True
    if not isinstance(error, DBAPIError):
        return False
    if str(getattr(error.orig, "sqlstate", None) or "").startswith(_DATA_STATES):
        return True
    # Drivers look at values before they send them: asyncpg with an error of this name, sqlite3 with a message only.
    cause = getattr(error.orig, "__cause__", None)
    return type(cause).__name__ == "DataError" or "binding parameter" in str(error.orig)


def plainly(error: BaseException) -> str:
    """Return what the database said, in one line, without the statement and its values."""
    said: BaseException = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        said = error.orig.__cause__ or error.orig
    if isinstance(said, TimeoutError) and not str(said):
        return "it does not answer in time"
    if isinstance(said, OSError) and said.strerror:
        return said.strerror
    lines = str(said).strip().splitlines()
    return lines[0] if lines else type(said).__name__
