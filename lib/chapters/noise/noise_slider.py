"""The published noise to hear, with a slider for its standard deviation: at each stop, what was computed.

Without a script the stops are the table's rows and every result has its player; `book/_static/quiz.js` adds
the slider, which marks a row and shows the player of its result.
"""

from collections.abc import Mapping

import numpy as np
from IPython.display import HTML
from miditok import REMI

from lib.basics.files import hash_of_bytes
from lib.basics.numbers import shown
from lib.data.tokenizer import decode
from lib.show.players import piece_player


def noise_slider(tokenizer: REMI, clean: np.ndarray, noisy: Mapping[float, np.ndarray]) -> HTML:
    """The tune before, the tune after, and a slider; sounds are written to the media folder.

    Args:
        tokenizer: what the ids mean.
        clean: ids of the tune, from BOS to EOS, [tokens].
        noisy: the ids as they came out at each standard deviation, in ascending order, [tokens] each.
    """
    results: dict[str, list[float]] = {}  # stops by hash of their tokens
    rows = ""
    for deviation, ids in noisy.items():
        moved = ids[1:-1].astype(int) - clean[1:-1]
        result = hash_of_bytes(ids.astype("<u2").tobytes())[:12]
        results.setdefault(result, []).append(deviation)
        current = ' aria-current="true"' if deviation == 0.1 else ""
        rows += (
            f'<tr data-result="{result}"{current}><th scope="row">{shown(deviation, "g")}</th>'
            f"<td>{(moved == -1).mean():.1%}</td><td>{(abs(moved) > 1).mean():.1%}</td>"
            f"<td><code>{result}</code></td></tr>\n"
        )
    players = ""
    for result, deviations in results.items():
        name = f"noise_published_{result}"
        player = piece_player(
            decode(tokenizer, noisy[deviations[0]]),
            name,
            "After the published noise",
            f"σ = {_listed(deviations)}",
        )
        players += f'<div data-result="{result}">{player.data}</div>\n'
    before = piece_player(decode(tokenizer, clean), "noise_published_before", "The tune")
    return HTML(
        '<div class="noise-slider" role="group" aria-label="A tune before and after the noise">\n'
        f'<div class="noise-players"><div>{before.data}</div>\n{players}</div>\n'
        '<div class="wide-table" tabindex="0" role="region" aria-label="What came out at each σ">\n'
        '<table class="table"><caption>What came out at each σ, the coins falling alike: '
        f"{len(clean) - 2} ids of the tune</caption>\n"
        '<thead><tr><th scope="col">σ</th><th scope="col">moved by exactly −1</th>'
        '<th scope="col">moved further</th><th scope="col">hash of the tokens</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table></div>\n</div>"
    )


def _listed(deviations: list[float]) -> str:
    if len(deviations) == 1:
        return shown(deviations[0], "g")
    return f"{shown(deviations[0], 'g')} to {shown(deviations[-1], 'g')}, all the same"
