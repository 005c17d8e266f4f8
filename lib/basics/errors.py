"""The exceptions that a user is meant to read."""


class BookError(Exception):
    """A problem the user can mend: one sentence that says what is wrong, where, and what to do.

    Commands print it without a traceback and exit with status 1.
    """


class TooLittleError(BookError):
    """The data hold too little for one measurement: the sentence says of what, and how much it would take.

    A chapter shows it in the place of the result and goes on.
    """
