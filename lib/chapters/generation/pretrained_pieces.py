"""The model that comes with the book: what its pieces are worth, and one of which it writes bars again."""

from collections.abc import Sequence

from IPython.display import HTML, Markdown

from lib.composing import Composition, SamplingSettings, compose_pieces
from lib.composing.pretrained import Pretrained
from lib.composing.prompt import gap_prompt, what_is_wrong
from lib.data.shorthand.bars import words_of
from lib.data.shorthand.gaps import read_bars, why_not
from lib.data.shorthand.tokens import GAP
from lib.show.composed_table import composed_table
from lib.show.players import piece_player, player_row
from lib.show.words import length_words


def card_table(pretrained: Pretrained) -> HTML:
    """What its card says of its pieces, of real held-out ones and of the n-gram baseline's."""
    rows = pretrained.card["composed"]
    pieces = {row["source"]: row["pieces"] for row in rows}
    note = (
        f"{pieces['model']} pieces for each guidance and of the n-gram, evenly over all pairs of labels, "
        f"nothing chosen among several but in the last row, where a classifier (not the judging rule) "
        f"kept one ({rows[-1]['pieces']} requests); {pieces['real, held out']} real test pieces. 95% "
        "intervals over pieces and duplicate groups; one training seed."
    )
    return composed_table(
        rows, ("source", "guidance"), "What the pretrained model composes", note, without="ended"
    )  # the grammar ends them, whatever the model


def bars_again(
    pretrained: Pretrained, pieces: Sequence[Composition], first: int, last: int, draw: SamplingSettings
) -> tuple[Composition, Composition] | None:
    """The first piece whose bars `first` to `last` can be written again, and the same piece with new ones.

    Args:
        pretrained: composed the pieces.
        pieces: to look through.
        first, last: bars, from 1, both included.
        draw: how tokens are drawn; the same seed draws other bars than the piece's own.

    Returns:
        None where no piece is whole and has such bars, or the tokens know no gaps.
    """
    words = words_of(tuple(pretrained.vocabulary))
    knows_gaps = len(words.ids_of((GAP,))) > 0
    for piece in pieces:
        if not knows_gaps or not piece.ended or why_not(read_bars(words, piece.tokens), first, last):
            continue
        prompt = gap_prompt(piece.tokens, pretrained, first, last)
        longest = min(pretrained.context_length, len(piece.tokens) + 200)
        again = compose_pieces(
            pretrained,
            pretrained,
            piece.emotion,
            piece.genre,
            draw.model_copy(update={"max_tokens": longest}),
            prompt=prompt,
        )[0]
        if not what_is_wrong(again, pretrained, first, last):
            return piece, again
    return None


def play_bars_again(found: tuple[Composition, Composition] | None, first: int, last: int) -> HTML | Markdown:
    """Both pieces to hear, or a sentence where there are none."""
    if found is None:
        return Markdown(
            f"None of these pieces is whole and has bars {first} to {last} that could be written again."
        )
    titles = ("as it was composed", f"bars {first} to {last} written again")
    players = [
        piece_player(
            piece.score,
            f"{piece.name}_bars_{number}",
            title,
            f"{length_words(piece.bars, piece.seconds)}, seed {piece.seed}",
            context=f"{piece.emotion}, {piece.genre}",
        )
        for number, (piece, title) in enumerate(zip(found, titles, strict=True))
    ]
    return player_row(players, "a piece, and the same with other bars")
