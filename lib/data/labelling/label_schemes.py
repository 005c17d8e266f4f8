"""Label schemes: how the embedded music gets its emotion labels; one setting of a profile chooses.

A scheme has a name, a function, a source, and says what it claims. To add one: write a measure of a score,
add an entry to :data:`SCHEMES`, and set `data: {labels: NAME}` in a profile. A judge's coefficients lie as a
small file beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from symusic import Score

from lib.basics.errors import BookError
from lib.basics.files import read_json
from lib.data.files.companions import read_companion
from lib.data.labelling import labels
from lib.data.labelling.rated_judge import judged_arousal
from lib.profiles.profile import DEFAULT_LABELS, LABELS_IN_NAME

MEDIANS, MANIFEST = "medians.csv", "manifest.json"

UNNAMED_LABELS = "mode-activity"
"""The scheme behind records that name none: they were made when there was no other."""


@dataclass(frozen=True)
class LabelScheme:
    """Mode × lively or calm, with a measure of its own for the second half.

    Attributes:
        name: in a profile's `data: {labels: NAME}`.
        measured: what is held against the median of collection and meter, in words.
        measure: the number; None for a piece that cannot be measured.
        source: who found or taught it.
        claims: what the labels say, and what they do not.
        in_words: what *calm* says of a piece, as part of a sentence.
        files: of `lib/data` that the measure reads, such as a judge's coefficients.
    """

    name: str
    measured: str
    measure: labels.Measure
    source: str
    claims: str
    in_words: str
    files: tuple[str, ...] = ()


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        LabelScheme(
            "mode-activity",
            "onsets a beat",
            labels.onsets_per_beat,
            "the psychology of music (A. Gabrielsson and E. Lindström, 2010)",
            "major or minor; more or fewer onsets a beat than is usual in the collection and meter",
            "fewer notes begin in a beat than is usual in the same collection and meter",
        ),
        LabelScheme(
            DEFAULT_LABELS,
            "judged arousal",
            judged_arousal,
            "mean ratings of VGMIDI's pieces (L. Ferreira and J. Whitehead, 2019)",
            "major or minor; more or less arousal than is usual in the collection and meter, as a judge "
            "expects it that raters of game music have taught",
            "a judge, taught by raters of game music, expects less arousal than is usual in the same "
            "collection and meter",
            ("labelling/rated_judge.json",),
        ),
    )
}
"""By name."""


def find_scheme(name: str) -> LabelScheme:
    """The scheme of this name.

    Raises:
        BookError: when there is none.
    """
    if name not in SCHEMES:
        raise BookError(
            f"There is no label scheme '{name}'; a profile's data.labels may be: {', '.join(SCHEMES)}."
        )
    return SCHEMES[name]


def scheme_of(dataset: str) -> str:
    """The name of the scheme that an embedded corpus of this name is labelled by."""
    return dataset.partition(LABELS_IN_NAME)[2] or DEFAULT_LABELS


@dataclass(frozen=True)
class LabelRule:
    """A scheme with the medians of a corpus: all that is needed to judge another piece. Empty: false."""

    scheme: LabelScheme
    medians: labels.Medians

    def __bool__(self) -> bool:
        return bool(self.medians)

    def label(self, score: Score, collection: str) -> tuple[str | None, str]:
        """One of `lib.data.labelling.labels.EMOTIONS` by the estimated mode, and ''; or None, and why there
        is none."""
        return labels.emotion_of(self.examine(score, collection), self.medians)

    def examine(self, score: Score, collection: str) -> labels.Evidence:
        """What the rule knows of a score, with the estimated mode."""
        return labels.examine(score, collection, self.scheme.measure)

    def rows(self) -> Iterator[dict[str, object]]:
        """The medians as rows of `medians.csv`."""
        for (collection, meter), median in self.medians.items():
            yield {"collection": collection, "meter": meter, "median_activity": median}


def read_rule(folder: Path) -> LabelRule:
    """The rule saved beside an embedded corpus; an empty one beside other data."""
    table = read_companion(folder, MEDIANS, ("collection", "meter", "median_activity"))
    if table is None:
        return LabelRule(SCHEMES[DEFAULT_LABELS], {})
    medians = {(row.collection, row.meter): float(row.median_activity) for row in table.itertuples()}
    return LabelRule(find_scheme(str(read_json(Path(folder) / MANIFEST)["decided_by"]["labels"])), medians)
