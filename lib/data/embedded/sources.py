"""Which collections of music21's corpus are used, where they lie, and how one of their pieces is read.

music21 itself is not imported: only its files are.
"""

import base64
import hashlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib.basics.errors import BookError
from lib.data.embedded.abc import Tune, read_book, read_tune
from lib.data.embedded.arrange import Reading
from lib.data.embedded.engraved import humdrum_title, notated_mode, read_engraved

Variant = Literal["embedded-smoke", "embedded", "embedded-large"]

FREE = "free"
NON_COMMERCIAL = "non-commercial"


@dataclass(frozen=True)
class Collection:
    """A repertoire of the corpus; its genre is its name.

    Attributes:
        patterns: glob patterns of its files, relative to music21's corpus.
        mode_source: where the mode of its pieces is read; see :func:`lib.data.labelling.labels.emotion_of`.
        rights: `FREE` or `NON_COMMERCIAL`.
        skipped: files that match but are not used, with the reason.
        large: belongs to the larger variant only.
    """

    genre: str
    title: str
    patterns: tuple[str, ...]
    mode_source: Literal["key field", "thirds", "estimate"]
    rights: str = FREE
    skipped: tuple[tuple[str, str], ...] = ()
    large: bool = False


# The Essen collection's European part is mostly German; its test files and a book of Irish songs are not.
_ESSEN_TEST = "a test file of the Essen collection"
_NOT_GERMAN = (
    ("test*", _ESSEN_TEST),
    ("irl.abc", "Irish songs, which the genre 'german' would misname"),
    ("han*", ""),
)

COLLECTIONS = (
    Collection("irish", "O'Neill's Music of Ireland (1850 melodies)", ("oneills1850/*.abc",), "key field"),
    Collection("american", "Ryan's Mammoth Collection of Fiddle Tunes", ("ryansMammoth/*.abc",), "key field"),
    Collection(
        "scottish",
        "Aird's Selection of Scotch, English, Irish and Foreign Airs",
        ("airdsAirs/*.abc",),
        "key field",
    ),
    Collection(
        "german",
        "Essen folk song collection, its European part",
        ("essenFolksong/*.abc",),
        "thirds",
        NON_COMMERCIAL,
        _NOT_GERMAN,
    ),
    Collection(
        "chinese",
        "Essen folk song collection, Han Chinese",
        ("essenFolksong/han*.abc",),
        "estimate",
        NON_COMMERCIAL,
    ),
    Collection(
        "chorale",
        "Chorales of J. S. Bach",
        ("bach/*.mxl", "bach/*.xml"),
        "estimate",
        skipped=(("bwv846.mxl", "a prelude for keyboard, no chorale"),),
    ),
    Collection("palestrina", "Masses of G. P. da Palestrina", ("palestrina/*.krn",), "estimate", large=True),
    Collection("monteverdi", "Madrigals of C. Monteverdi", ("monteverdi/*.mxl",), "estimate", large=True),
    Collection(
        "trecento",
        "Italian music of the fourteenth century",
        ("trecento/*.mxl", "trecento/*.xml"),
        "estimate",
        large=True,
    ),
    Collection(
        "classical",
        "Quartets and a sonata of Haydn, Mozart and Beethoven",
        ("haydn/**/*.mxl", "mozart/**/*.mxl", "beethoven/**/*.mxl"),
        "estimate",
        large=True,
    ),
)


@dataclass(frozen=True)
class Source:
    """One piece of a collection: a tune of a tune book, or a score of its own."""

    collection: str
    path: str  # relative to music21's corpus, with slashes
    tune: Tune | None
    skip: str = ""  # the reason, if it is not used

    @property
    def name(self) -> str:
        """What a report calls it, unique in the corpus: 'airdsAirs/book1.abc#0001'."""
        return f"{self.path}#{self.tune.number}" if self.tune else self.path

    @property
    def identifier(self) -> str:
        """Eight letters and digits that depend on the name only."""
        digest = hashlib.sha256(self.name.encode("utf-8")).digest()
        return base64.b32encode(digest).decode("ascii")[:8]

    @property
    def size(self) -> int:
        """The size of its file in bytes."""
        return (corpus_folder() / self.path).stat().st_size

    @property
    def work(self) -> str:
        """The larger work whose parts must not be divided between training and test; '' for single tunes."""
        return _WORK.get(self.collection, lambda source: "")(self)

    @property
    def title(self) -> str:
        """The title in the source, untrusted text; the file's name where it has none."""
        if self.tune:
            return self.tune.title
        if self.path.endswith(".krn"):
            return ", ".join(part for part in humdrum_title(corpus_folder() / self.path) if part)
        return Path(self.path).stem

    @property
    def notated_mode(self) -> str:
        """The mode that the source names: a tune book's field K by its third, a score's key signature.

        '' where it names none; Essen's fields name a tonic only.
        """
        if self.path.startswith("essenFolksong/"):
            return ""
        if self.tune:
            return self.tune.key.mode if self.tune.key else ""
        return notated_mode(corpus_folder() / self.path)

    def read(self) -> Reading:
        """The notes of the piece.

        Raises:
            SourceError: when it cannot be used.
        """
        return read_tune(self.tune) if self.tune else read_engraved(corpus_folder() / self.path)


def _mass(source: Source) -> str:
    return humdrum_title(corpus_folder() / source.path)[0] or source.path


def _numbered(pattern: str) -> Callable[[Source], str]:
    """The part of the file's name that says which work it is."""

    def work(source: Source) -> str:
        match = re.match(pattern, Path(source.path).stem)
        return match[0] if match else Path(source.path).stem

    return work


_WORK: dict[str, Callable[[Source], str]] = {
    "chorale": _numbered(r"bwv\d+"),
    "palestrina": _mass,
    "monteverdi": _numbered(r"madrigal\.\d+\.\d+"),
    "trecento": _numbered(r".*"),
    "classical": lambda source: "/".join(Path(source.path).with_suffix("").parts[:2]),
}


def corpus_folder() -> Path:
    """music21's corpus on disk.

    Raises:
        BookError: when music21 is missing or was installed without its corpus.
    """
    found = importlib.util.find_spec("music21")
    folder = Path(found.origin).parent / "corpus" if found and found.origin else None
    if folder is None or not (folder / "essenFolksong").is_dir():
        raise BookError(
            "The scores that belong to the package music21 are missing: install it again, with its corpus."
        )
    return folder


def collections_of(variant: Variant) -> tuple[Collection, ...]:
    """The collections of a variant."""
    return tuple(
        collection for collection in COLLECTIONS if variant == "embedded-large" or not collection.large
    )


def sources_of(collection: Collection) -> list[Source]:
    """All pieces of a collection, in the order of their files; those not used carry the reason."""
    folder = corpus_folder()
    sources: list[Source] = []
    for path in sorted({path for pattern in collection.patterns for path in folder.glob(pattern)}):
        skip = next((reason for pattern, reason in collection.skipped if path.match(pattern)), None)
        if skip == "":
            continue  # another collection's file
        relative = path.relative_to(folder).as_posix()
        tunes = read_book(path) if path.suffix == ".abc" else [None]
        sources += [Source(collection.genre, relative, tune, skip or "") for tune in tunes]
    return sources


def non_commercial_genres() -> tuple[str, ...]:
    """Genres that may be used and passed on non-commercially only; published weights are trained without."""
    return tuple(collection.genre for collection in COLLECTIONS if collection.rights == NON_COMMERCIAL)


def rights_notice(collections: tuple[Collection, ...]) -> str:
    """What a user of these collections must know, with the notices that music21's corpus carries."""
    folder = corpus_folder()
    lines = [
        "Where this music comes from, and what may be done with it",
        "",
        "All pieces were read from the corpus that comes with the Python package music21. The music is",
        "old; the encodings are their encoders'. The column 'rights' of pieces.csv tells the terms.",
        "",
    ]
    for collection in collections:
        terms = (
            "non-commercial use and distribution only, see the notice of the Essen collection"
            if collection.rights == NON_COMMERCIAL
            else "see the notice of music21's corpus"
        )
        lines.append(f"- {collection.genre}: {collection.title}; {terms}.")
    for title, path in (
        ("music21's corpus", folder / "license.txt"),
        ("the Essen collection", folder / "essenFolksong" / "license.txt"),
    ):
        notice = path.read_text(encoding="utf-8", errors="replace") if path.exists() else "(no notice found)"
        lines += ["", f"Notice of {title}", "", notice.strip()]
    return "\n".join(lines) + "\n"
