"""A part of a token store: some of its genres, with the split, duplicate groups and ids of the whole."""

from collections.abc import Collection

from lib.basics.errors import BookError
from lib.basics.files import hash_of_json
from lib.data.store import TokenStore


class StorePart(TokenStore):
    """An open token store without the pieces of some genres; nothing is written.

    Labels are numbered anew: `emotions` and `genres` list only what is left. Pieces too: `whole_rows` says
    which row of the whole store each row was. `hash` covers the whole store's hash and the genres left out.

    Args:
        whole: the store.
        without: genres to leave out; those that the store does not have are passed over.

    Raises:
        BookError: when no piece is left.
    """

    def __init__(self, whole: TokenStore, without: Collection[str]):
        super().__init__(whole.folder)
        kept = ~self.index["genre"].isin(list(without)).to_numpy()
        if not kept.any():
            raise BookError(
                f"Nothing of {whole.folder.name} is left without the genres "
                f"{', '.join(sorted(without))}: use other data."
            )
        self.whole_rows = kept.nonzero()[0]
        self.index = self.index[kept].reset_index(drop=True)
        self.emotions = [label for label in self.emotions if (self.index["emotion"] == label).any()]
        self.genres = [label for label in self.genres if (self.index["genre"] == label).any()]
        self._number_pieces()
        left_out = sorted(set(whole.genres) - set(self.genres))
        self.hash = hash_of_json([whole.hash, left_out]) if left_out else whole.hash
