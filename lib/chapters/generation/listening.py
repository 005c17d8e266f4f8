"""Pieces to hear: a real one beside those that models composed to the same labels."""

from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from lib.composing.compose import Composition, safe_file_name
from lib.composing.outcomes import ORIGINAL_LIMIT
from lib.data.store import TokenStore
from lib.data.tokenizer import decode
from lib.show.media import media_folder
from lib.show.players import piece_player, player_row, row_title
from lib.show.style import model_label
from lib.show.tables import html_table, with_interval
from lib.show.words import length_words
from lib.sound.audio import note_seconds

_SOURCES = {
    "real": "composers (held out)",
    "transformer": "Transformer",
    "lstm": "LSTM",
    "pretrained": "the model that comes with the book",
    "original": "the original report's model",
}
LONGEST = 90.0  # seconds of sound; the MIDI file beside it is whole


def listening_rows(
    store: TokenStore,
    real: Mapping[tuple[str, str], int],
    composed: Mapping[str, Sequence[Composition]],
    per_label: int = 1,
) -> HTML:
    """A row of players for each pair of labels: a real piece first, then what each model composed.

    The files are written to the media folder: MP3 and MIDI of every piece, and for composed ones a JSON that
    says how they were made.

    Args:
        store: the data.
        real: row of a real piece by (emotion, genre); its order is that of the rows.
        composed: pieces by model name; the first `per_label` of each pair are played.
        per_label: pieces of each model in a row.
    """
    rows = []
    for (emotion, genre), row in real.items():
        players = [_real_player(store, row)]
        for name, pieces in composed.items():
            wanted = [piece for piece in pieces if (piece.emotion, piece.genre) == (emotion, genre)]
            players += [_composed_player(name, piece) for piece in wanted[:per_label]]
        title = f"{emotion}, {genre}"
        rows.append(f"{row_title(title)}\n{player_row(players, title).data}")
    return HTML("\n".join(rows))


def _real_player(store: TokenStore, row: int) -> HTML:
    piece = store.index.iloc[row]
    score = decode(store.tokenizer, store.tokens(row))
    name = safe_file_name(f"{piece['emotion']}_{piece['genre']}_real_{piece['identifier']}".lower())
    return piece_player(
        score,
        name,
        "real, held out",
        length_words(int(piece["bars"]), note_seconds(score)),
        LONGEST,
        f"{piece['emotion']}, {piece['genre']}",
    )


def _composed_player(model: str, piece: Composition) -> HTML:
    name = safe_file_name(f"{piece.name}_{model}")
    piece.save(record=media_folder() / f"{name}.json")
    ending = "ended by itself" if piece.ended else f"cut off at {piece.settings.max_tokens:,} tokens"
    return piece_player(
        piece.score,
        name,
        model_label(model),
        f"{length_words(piece.bars, piece.seconds)}, {ending}, seed {piece.seed}",
        LONGEST,
        f"{piece.emotion}, {piece.genre}",
    )


def outcome_rows(summary: pd.DataFrame, limit: int) -> HTML:
    """How many pieces end by themselves, as a table; the original report's line is marked as quoted.

    Args:
        summary: from :func:`lib.composing.outcomes.summarise_outcomes`.
        limit: tokens that a piece could have at most.
    """
    share = [with_interval(*row, 2) for row in summary[["share", "low", "high"]].to_numpy()]
    lines = pd.DataFrame(
        {
            "pieces by": summary["source"].map(_SOURCES).fillna(summary["source"]),
            "pieces": summary["pieces"],
            "ended by themselves": summary["ended"],
            "share": share,
            "median tokens": summary["tokens"],
            "median bars": summary["bars"],
            "median seconds": summary["seconds"],
        }
    )
    return html_table(
        lines,
        f"Pieces that end within {limit:,} tokens, with 95% Wilson intervals",
        dict.fromkeys(["median tokens", "median bars", "median seconds"], ",.0f"),
        quoted=summary.index[summary["source"] == "original"],
        note="Real music: held-out pieces that fit whole within the same limit. Original "
        "report: its five published outputs, other data and tokens, a limit of "
        f"{ORIGINAL_LIMIT:,} tokens.",
    )
