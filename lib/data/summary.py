"""What a store holds, in plain text: for whoever has just built one."""

from lib.data.store import TokenStore


def describe_store(store: TokenStore) -> str:
    """Pieces and tokens, the split, the labels, notes lost, and the files left out by kind of reason."""
    index, counts = store.index, store.manifest["counts"]
    parts = index["split"].value_counts()
    lines = [
        f"{store.folder}: {len(index):,} pieces, {counts['tokens']:,} tokens, "
        f"vocabulary {len(store.vocabulary)}",
        ", ".join(f"{part} {parts.get(part, 0):,}" for part in ("train", "validation", "test")),
        f"emotions: {', '.join(store.emotions)}",
        f"genres: {', '.join(store.genres)}",
        f"{counts['notes']:,} notes: {counts['notes_lost']:,} have no token, {counts['notes_moved']:,} are "
        f"moved to the grid; {counts['repaired']:,} files needed a lenient reading",
    ]
    if counts["left_out"]:
        lines += [f"{counts['left_out']:,} files left out, each with its reason in the store's manifest:",
                  store.left_out_kinds.to_string(index=False)]
    return "\n".join(lines)
