"""A second witness from the embedded music itself: do measures tell dances from laments?

Nobody rated the songs of the Essen collection, but of some it is recorded what they were sung for
(:mod:`lib.measures.song_uses`). A measure of arousal should put dances above laments and farewells, and one
of valence as well. Only songs of one meter are compared, as by the rule.
"""

import numpy as np
import pandas as pd

from lib.chapters.rated_emotions.measures import Signs, auc
from lib.data import TokenStore
from lib.data.labelling.emotion_features import NoFeaturesError
from lib.data.labelling.labels import onsets_per_beat
from lib.data.labelling.rated_judge import RatedJudge
from lib.data.tokenizer import decode

DRAWS = 400
"""Of the bootstrap: there are hundreds of duplicate groups, where VGMIDI has a dozen series."""


def judge_songs(pair: pd.DataFrame, store: TokenStore, judge: RatedJudge) -> pd.DataFrame:
    """What can be measured of the songs of :func:`lib.measures.song_uses.opposed`.

    Returns:
        The same songs with meter, major (1 or 0), onsets a beat, judged valence and arousal, and distance;
        without those that cannot be measured.
    """
    index = store.index.reset_index(names="row").set_index("identifier")
    lines = []
    for song in pair.itertuples():
        entry = index.loc[song.identifier]
        score = decode(store.tokenizer, store.tokens(int(entry["row"])))
        try:
            said = judge.judge(score)
        except NoFeaturesError:
            continue
        lines.append(
            {
                "identifier": song.identifier,
                "sad": song.sad,
                "group": song.group,
                "meter": entry["meter"],
                "major": float(not song.minor),
                "onsets a beat": onsets_per_beat(score),
                "judged valence": said.valence,
                "judged arousal": said.arousal,
                "distance": said.distance,
            }
        )
    return pd.DataFrame(lines)


def songs_table(songs: pd.DataFrame) -> pd.DataFrame:
    """The chance that of a dance and a lament in one meter the dance has more, 95% over duplicate groups.

    Returns:
        measure, auc, low, high, dances, laments, groups; the last row is the difference of judged arousal and
        onsets a beat, from the same draws.
    """
    signs = Signs(
        np.arange(len(songs)), ~songs["sad"].to_numpy(bool), np.unique(songs["group"], return_inverse=True)[1]
    )
    about = {
        "dances": int(signs.positive.sum()),
        "laments": int((~signs.positive).sum()),
        "groups": int(signs.series.max()) + 1,
    }
    meter, lines = songs["meter"].to_numpy(), []
    for name in ("major", "onsets a beat", "judged valence", "judged arousal"):
        found = auc(songs[name].to_numpy(float), signs, within=meter, draws=DRAWS)
        lines.append({"measure": name, "auc": found.estimate, "low": found.low, "high": found.high, **about})
    found = auc(songs["judged arousal"].to_numpy(), signs, songs["onsets a beat"].to_numpy(), meter, DRAWS)
    lines.append(
        {
            "measure": "judged arousal minus onsets a beat",
            "auc": found.estimate,
            "low": found.low,
            "high": found.high,
            **about,
        }
    )
    return pd.DataFrame(lines)
