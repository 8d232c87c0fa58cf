"""What the store raises."""


class StoreError(Exception):
    """The database cannot be used; the text is one sentence that says why and what helps, without any password."""
