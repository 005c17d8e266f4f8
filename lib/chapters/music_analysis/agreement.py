"""How often our keys, roots, numerals and cadences are those of experts, on twenty chorales."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.basics.files import hash_of_json, read_json, write_json
from lib.basics.kept import code_hash, kept_path, request_kept
from lib.chapters.music_analysis.endings import cadence, kind_of_cadence
from lib.chapters.music_analysis.expert_analyses import ExpertAnalysis, analysis_files, read_analyses
from lib.composing.outcomes import share_with_interval
from lib.measures.music.harmony import BeatChord, beat_chords, chord_at, numeral, voiced_beats
from lib.measures.music.keys import EstimatedKey, local_keys, piece_key, share_in_scale
from lib.measures.statistics import Interval, bootstrap_ratio

CHOSEN_ON = 10
"""What :mod:`lib.measures.music.keys` chose for local keys it chose on so many of the analyses, the first
ones."""

QUESTIONS = {
    "key": "key of the piece",
    "local": "key at each chord",
    "root": "root of each chord",
    "degree": "numeral: root and key together",
    "cadence": "cadence at each end of a phrase",
    "close": "closes with an authentic cadence",
}

_CODE = code_hash(__name__)


def request_agreement() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The twenty analyses against our measures, read back where they were compared before.

    Returns:
        From :func:`piece_rows`, and what was left out (analysis, reason).

    Raises:
        BookError: when music21 is missing or was installed without its corpus.
    """
    files = analysis_files()
    texts = {path.stem: path.read_text(encoding="utf-8") for path in files}
    path = kept_path("expert_analyses", hash_of_json(texts), _CODE, ".json")

    def make() -> dict:
        analyses, left_out = read_analyses(files)
        return {"pieces": piece_rows(analyses).to_dict("list"), "left_out": left_out.to_dict("list")}

    found = request_kept(path, read_json, make, write_json)
    return pd.DataFrame(found["pieces"]), pd.DataFrame(found["left_out"])


def piece_rows(analyses: Sequence[ExpertAnalysis]) -> pd.DataFrame:
    """Our measures and their baselines against each analysis, as counts.

    Returns:
        A row a piece: analysis, score, mode, chords, cadences (places where a phrase ends), fit. For each of
        :data:`QUESTIONS`: `<question>`, how many of our answers are the expert's; `<question>_music21`, how
        many of music21's are, with its one key for the whole piece (not for cadences); and, of what is asked
        of every chord, `<question>_constant`, how often the expert gives the most frequent answer. Further
        `kinds`, the expert's kinds of cadence; in_scale and in_scale_raised, of
        :func:`lib.measures.music.keys.share_in_scale`; applied_expert, applied_ours and applied_both:
        dominants named by their goal.
    """
    return pd.DataFrame([_row(analysis) for analysis in analyses])


def _row(analysis: ExpertAnalysis) -> dict:
    music, chords = analysis.music, analysis.chords
    beats = voiced_beats(music)
    keys = local_keys(music, beats)
    ours = [keys[max(0, place)] for place in np.searchsorted(beats, chords["onset"], side="right") - 1]
    theirs = [EstimatedKey(*pair) for pair in zip(chords["tonic"], chords["mode"], strict=True)]
    sounding = [chord_at(music, tick) for tick in chords["onset"]]
    root = np.array([-1 if one is None else one.base for one in sounding])
    root_right = root == chords["root"]
    library_right = chords["music21_root"] == chords["root"]
    local_right = np.array([one == other for one, other in zip(ours, theirs, strict=True)])
    library_local = np.array([analysis.music21_key == one for one in theirs])
    degree = [(row.root - row.tonic) % 12 for row in chords.itertuples()]
    applied = chords["numeral"].str.contains(r"/[ivIV#b]")
    ours_applied = np.array(
        [
            one is not None and one.root is not None and "/" in numeral(one, key)
            for one, key in zip(sounding, ours, strict=True)
        ]
    )
    kinds, same = _cadences(analysis, ours)
    return {
        "analysis": analysis.name,
        "score": analysis.score_name,
        "mode": analysis.key.mode,
        "chords": len(chords),
        "cadences": len(kinds),
        "fit": round(analysis.fit, 4),
        "key": int(piece_key(music) == analysis.key),
        "key_music21": int(analysis.music21_key == analysis.key),
        "local": int(local_right.sum()),
        "local_music21": int(library_local.sum()),
        "local_constant": pd.Series(list(map(str, theirs))).value_counts().iloc[0],
        "root": int(root_right.sum()),
        "root_music21": int(library_right.sum()),
        "root_constant": chords["root"].value_counts().iloc[0],
        "degree": int((root_right & local_right).sum()),
        "degree_music21": int((library_right & library_local).sum()),
        "degree_constant": degree.count(0),
        "cadence": same,
        "kinds": kinds,
        "in_scale": share_in_scale(music),
        "in_scale_raised": share_in_scale(music, raised=True),
        "close": int(cadence(music) == (kinds[-1] == "authentic")),
        "applied_expert": int(applied.sum()),
        "applied_ours": int(ours_applied.sum()),
        "applied_both": int((applied & ours_applied).sum()),
    }


def _cadences(analysis: ExpertAnalysis, keys: Sequence[EstimatedKey]) -> tuple[list[str], int]:
    """The expert's kind of cadence at each end of a phrase, and how many of ours are the same."""
    chords, music = analysis.chords, analysis.music
    beats, found = voiced_beats(music), beat_chords(music)
    kinds, same = [], 0
    for place in np.flatnonzero(chords["phrase_ends"]).tolist():
        written = [BeatChord(frozenset(), root, root, "") for root in chords["root"][: place + 1]]
        row = chords.iloc[place]
        kinds.append(kind_of_cadence(written, EstimatedKey(row["tonic"], row["mode"])))
        before = [
            one
            for beat, one in zip(beats, found, strict=True)
            if beat < row["onset"] and one.root is not None
        ]
        last = chord_at(music, row["onset"])
        if last is not None:
            same += kind_of_cadence([*before, last], keys[place]) == kinds[-1]
    return kinds, same


def agreement_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Agreement with the experts over pieces, with the baselines.

    Args:
        rows: from :func:`piece_rows`.

    Returns:
        A row a question: question, label, asked (of how many chords, cadences or pieces), pieces, share, low,
        high (95%: bootstrap over pieces; Wilson's where a piece is asked once), music21, constant (the most
        frequent answer; for keys and chords the most frequent of each piece, known afterwards; NaN where
        there is none).
    """
    lines = []
    kinds = pd.Series([kind for piece in rows["kinds"] for kind in piece])
    closes = np.mean([piece[-1] == "authentic" for piece in rows["kinds"]])
    for question, label in QUESTIONS.items():
        asked = {"cadence": rows["cadences"], "key": None, "close": None}.get(question, rows["chords"])
        count = len(rows) if asked is None else int(asked.sum())
        right = rows[question]
        if asked is None:
            interval = Interval(*share_with_interval(int(right.sum()), count))
        else:
            interval = bootstrap_ratio(right.to_numpy(float), asked.to_numpy(float), np.arange(len(rows)))
        constant = {"cadence": kinds.value_counts(normalize=True).iloc[0], "close": max(closes, 1 - closes)}
        lines.append(
            {
                "question": question,
                "label": label,
                "asked": count,
                "pieces": len(rows),
                **dict(zip(("share", "low", "high"), interval, strict=True)),
                "music21": _part(rows, f"{question}_music21", count),
                "constant": constant.get(question, _part(rows, f"{question}_constant", count)),
            }
        )
    return pd.DataFrame(lines)


def _part(rows: pd.DataFrame, column: str, count: int) -> float:
    return float(rows[column].sum() / count) if column in rows else float("nan")
