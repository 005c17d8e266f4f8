"""The one exception that a user is meant to read."""


class BookError(Exception):
    """A problem the user can mend: one sentence that says what is wrong, where, and what to do.

    Commands print it without a traceback and exit with status 1.
    """
