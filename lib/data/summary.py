"""What a store holds and what was lost on the way, in plain text: for whoever has just built one."""

import pandas as pd

from lib.data.store import TokenStore

LARGE_STRETCH = 0.05
"""A change of length that is told: a tempo of 120 becomes 114 or 126."""

SHOWN = 10


def stretches(index: pd.DataFrame) -> pd.Series:
    """How much longer or shorter each piece is with the tempos that tokens tell, as a share of its length."""
    seconds = index["seconds"].where(index["seconds"] > 0, 1.0)
    return ((index["seconds_told"] - index["seconds"]) / seconds).abs()


def losses(index: pd.DataFrame) -> pd.DataFrame:
    """The pieces that lost something or were repaired, file by file.

    Args:
        index: of a store.

    Returns:
        name, notes (of the file), notes_lost, notes_out_of_range, notes_ended, notes_moved, tempos_lost,
        stretch (see :func:`stretches`), pedals, repairs; those that lost or needed most first. A piece of
        which only notes moved or a pedal is missing has no row.
    """
    table = index.assign(stretch=stretches(index).round(3))
    table = table[(table["notes_lost"] > 0) | table["repaired"] | (table["tempos_lost"] > 0)]
    table = table.sort_values(
        ["notes_lost", "notes_ended", "notes_moved", "name"], ascending=[False, False, False, True]
    )
    return table[
        [
            "name",
            "notes",
            "notes_lost",
            "notes_out_of_range",
            "notes_ended",
            "notes_moved",
            "tempos_lost",
            "stretch",
            "pedals",
            "repairs",
        ]
    ].reset_index(drop=True)


def describe_store(store: TokenStore) -> str:
    """Pieces and tokens, the split, the labels, every note of the files, and the files left out by reason."""
    index, counts = store.index, store.manifest["counts"]
    parts, stretch = index["split"].value_counts(), stretches(index)
    lines = [
        f"{store.folder}: {len(index):,} pieces, {counts['tokens']:,} tokens, "
        f"vocabulary {len(store.vocabulary)}",
        ", ".join(f"{part} {parts.get(part, 0):,}" for part in ("train", "validation", "test")),
        f"emotions: {', '.join(store.emotions)}",
        f"genres: {', '.join(store.genres)}",
        f"{counts['notes'] + counts['notes_left_out']:,} notes in the files, counted by a second reader = "
        f"{counts['notes'] - counts['notes_lost']:,} in the store + {counts['notes_lost']:,} without a token "
        f"({counts['notes_out_of_range']:,} of them out of its range of pitches) "
        f"+ {counts['notes_left_out']:,} in files left out",
        f"{counts['notes_moved']:,} notes are moved to the grid, {counts['notes_ended']:,} had no end of "
        f"their own, {counts['repaired']:,} files were repaired",
        f"no token tells {counts['tempos_lost']:,} tempos (the length of "
        f"{int((stretch > LARGE_STRETCH).sum()):,} pieces changes by more than {LARGE_STRETCH:.0%}, at most "
        f"by {stretch.max():.0%}), nor the sustain pedal of {int((index['pedals'] > 0).sum()):,} pieces",
    ]
    altered = losses(index)
    if len(altered):
        lines += [
            f"{len(altered):,} pieces lost notes or tempos or were repaired, first those with most "
            "notes lost or ended:",
            altered.head(SHOWN).to_string(index=False),
        ]
    if counts["left_out"]:
        lines += [
            f"{counts['left_out']:,} files left out, each with its reason in the store's manifest:",
            store.left_out_kinds.to_string(index=False),
        ]
    return "\n".join(lines)
