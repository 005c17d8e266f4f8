"""How much music a number of tokens is."""

from lib.data import TokenStore


def notes_that_fit(order: int, store: TokenStore) -> float:
    """How many notes an n-gram model looks back: what fits, on average, into a context of `order` − 1 tokens.

    Of all pieces of a store; a note takes several tokens, and bar lines and what is said of a piece add some.
    """
    return float((order - 1) * store.index["notes"].sum() / store.index["length"].sum())
