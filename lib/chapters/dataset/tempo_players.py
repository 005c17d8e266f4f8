"""One tune at several tempos, as written and as it comes back from token sets with and without a tempo."""

from collections.abc import Callable, Mapping, Sequence

import symusic
from IPython.display import HTML
from miditok import REMI

from lib.basics.files import hash_of_bytes
from lib.data.tokenizer import decode, encode
from lib.show.players import piece_player, player_row, row_title
from lib.show.words import listed


def tempo_players(
    tune: Callable[[int], symusic.Score],
    token_sets: Mapping[str, REMI],
    tempos: Sequence[int] = (60, 120, 180),
) -> HTML:
    """Players of a tune at each tempo; where several tempos have the same tokens, one for all of them.

    Args:
        tune: gives the tune at a number of beats a minute.
        token_sets: through which it is sent, by what they are called.
        tempos: beats a minute.
    """
    written = [
        piece_player(tune(tempo), f"tempo_written_{tempo}", f"{tempo} beats a minute") for tempo in tempos
    ]
    rows = [_row("As written", written)]
    for name, tokenizer in token_sets.items():
        results: dict[bytes, list[int]] = {}  # tempos by the tokens that they have
        tokens = {tempo: encode(tokenizer, tune(tempo)) for tempo in tempos}
        for tempo, ids in tokens.items():
            results.setdefault(ids.tobytes(), []).append(tempo)
        players = []
        for content, alike in results.items():
            ids = tokens[alike[0]]
            note = f"{len(ids)} tokens" if len(alike) == 1 else f"the same {len(ids)} tokens for all of them"
            words = f"{listed([str(tempo) for tempo in alike])} beats a minute"
            stem = f"tempo_{hash_of_bytes(content)[:10]}"
            players.append(piece_player(decode(tokenizer, ids), stem, words, note))
        rows.append(_row(f"Back from {name}", players))
    return HTML("\n".join(rows))


def _row(title: str, players: Sequence[HTML]) -> str:
    return f"{row_title(title)}\n{player_row(players, title).data}"
