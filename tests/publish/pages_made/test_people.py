"""What the answer page says of people and labels, held against the kept CSV files read by themselves."""

import csv

from lib.basics.places import BOOK
from lib.publish.pages_made.people import people_and_rule, people_and_swapped_labels

MODE, APART = "minor minus major", "valence apart from tonality"


def kept(name, **wanted):
    with open(BOOK / "evidence" / f"{name}.csv", encoding="utf-8", newline="") as file:
        (row,) = [
            row for row in csv.DictReader(file) if all(row[key] == value for key, value in wanted.items())
        ]
    return row


def test_the_rule_stands_beside_one_rater():
    text = people_and_rule()
    for dimension in ("valence", "arousal"):
        rule = kept("rated_rules", rule="rated", what=dimension)
        one = kept("rated_agreement", dimension=dimension, measure="one rater, balanced accuracy")
        assert f"{dimension} with {float(rule['balanced_accuracy']):.2f} [" in text
        assert f"one rater {float(one['estimate']):.2f}" in text
    assert "in 13 series" in text


def test_a_swapped_label_is_told_with_its_error_and_without_tonality():
    text = people_and_swapped_labels()
    for source in ("lstm", "transformer"):
        row = kept("control_effects", source=source, guidance="1", contrast=MODE, measure="valence")
        assert f"{-float(row['difference']):.3f} [{-float(row['high']):.3f}," in text
    apart = kept("control_effects", source="lstm", guidance="1", contrast=MODE, measure=APART)
    assert f"(LSTM; apart from tonality {-float(apart['difference']):.3f} [" in text
    assert "over 5 training seeds each" in text
    assert "errs by 0.19" in text
