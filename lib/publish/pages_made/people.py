"""What the page "The answer" says of people and labels, from kept tables."""

from lib.chapters.rated_emotions.over_seeds import APART, towards_what_was_asked
from lib.chapters.rated_emotions.tables import rater
from lib.data.labelling.rated_judge import read_judge
from lib.ledger.evidence import read_evidence
from lib.profiles.profile import DEFAULT_LABELS
from lib.show.style import model_label
from lib.show.tables import with_interval
from lib.show.words import listed

_NETWORKS = ("lstm", "transformer")


def people_and_rule() -> str:
    """How far people agree with the rule behind the labels, beside one of them, half by half.

    Raises:
        BookError: when a kept table is missing or damaged.
    """
    rules, agreement = (read_evidence(f"rated_{name}").table for name in ("rules", "agreement"))
    own = rules[rules["rule"] == DEFAULT_LABELS].set_index("what")
    parts = []
    for half, dimension in (("mode", "valence"), ("other half", "arousal")):
        row, one = own.loc[dimension], rater(agreement, dimension, "one rater, balanced accuracy")
        found = with_interval(row["balanced_accuracy"], row["low"], row["high"], 2)
        parts.append(
            f"its {half} tells the sign of {dimension} with {found} (one rater {one['estimate']:.2f})"
        )
    first = own.loc["valence"]
    return (
        f"On {first['pieces']:.0f} pieces of game music in {first['series_count']:.0f} series, rated "
        f"{first['ratings']:,.0f} times, {listed(parts)}; balanced accuracy, chance 0.50. The music of this "
        "book was rated by nobody."
    )


def people_and_swapped_labels() -> str:
    """What a judge that people taught hears when a label is swapped, over training seeds.

    Raises:
        BookError: when a kept table is missing or damaged.
    """
    kept = read_evidence("control_effects")
    asked = towards_what_was_asked(kept.table)
    plain = asked[asked["guidance"].isna() | (asked["guidance"] == 1)].set_index(["source", "measure"])

    def moved(source: str, measure: str) -> str:
        row = plain.loc[(source, measure)]
        return with_interval(row["difference"], row["low"], row["high"])

    composed = [
        f"{moved(source, 'valence')} ({model_label(source)}; apart from tonality {moved(source, APART)})"
        for source in _NETWORKS
    ]
    rests = [plain.loc[(source, APART), "difference"] for source in _NETWORKS]
    wholes = [plain.loc[(source, "valence"), "difference"] for source in _NETWORKS]
    rest = max(part / whole for part, whole in zip(rests, wholes, strict=True))
    return (
        "A judge taught by those ratings hears a swapped label: asked for major in place of minor, with the "
        f"same random numbers, the valence that it expects rises by {listed(composed)}, over "
        f"{len(kept.about['seeds'])} training seeds each; between real tunes it is "
        f"{moved('real', 'valence')} ({moved('real', APART)}). For one piece it errs by "
        f"{read_judge('line').errors['valence']:.2f}. Tonality is what major and minor mean, and "
        f"{rest:.0%} of the rise at most is anything else."
    )
