"""A made-up clone of VGMIDI: thirty pieces of five series whose raters hear mode and tempo."""

import csv
import json
from pathlib import Path

import numpy as np
from symusic import Note, Score, Tempo, TimeSignature, Track

SERIES = ("Mario", "Zelda", "Fantasy, Final", "ポケモン", "Chrono")
COLUMNS = ["id", "series", "console", "game", "piece", "midi", "valence", "arousal"]
MAJOR, MINOR = [60, 64, 67, 72, 69, 65, 67, 62], [60, 63, 67, 72, 68, 65, 67, 62]


def score_of(major: bool, fast: bool, seed: int) -> Score:
    """Sixteen bars over a bass; tempo alone is fast or slow."""
    generator = np.random.default_rng(seed)
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, 4, 4))
    score.tempos.append(Tempo(0, (150 if fast else 70) + generator.integers(20)))
    tune, bass, scale = Track(), Track(), MAJOR if major else MINOR
    for place in range(64):
        velocity = int(generator.integers(50, 110))
        length, pitch = int(generator.choice([360, 480])), scale[generator.integers(8)]
        tune.notes.append(Note(place * 480, length, pitch, velocity))
        if place % 4 == 0:
            tune.notes.append(Note(place * 480 + 240, 240, scale[generator.integers(3)], 70))
            for pitch in range(48, 50 + int(generator.integers(8)), 7):
                bass.notes.append(Note(place * 480, 1920, pitch, 60))
            bass.notes.append(Note(place * 480, 1920, scale[1] - 12, 60))  # tells the mode
    score.tracks.extend([tune, bass])
    return score


def name_of(number: int) -> str:
    series = SERIES[number % 5]
    return f"{series}_NES_Game, the {number}_Tune {number}"


def write_clone(folder: Path, pieces: int = 30, raters: int = 8) -> Path:
    """The table, the MIDI files and the raters' curves, as the repository has them."""
    (folder / "labelled" / "midi").mkdir(parents=True)
    (folder / "labelled" / "annotations").mkdir()
    generator, rows, annotations, named = np.random.default_rng(1), [], {}, {}
    for number in range(pieces):
        major, fast = number % 2 == 0, number // 2 % 2 == 0
        score_of(major, fast, number).dump_midi(folder / "labelled" / "midi" / f"{name_of(number)}.mid")
        said = {"valence": 0.4 if major else -0.4, "arousal": 0.4 if fast else -0.4}
        rows.append(
            {
                "id": 8000 + number,
                "series": SERIES[number % 5],
                "console": "NES",
                "game": f"Game, the {number}",
                "piece": f"Tune {number}",
                "midi": f"labelled/phrases/{name_of(number)}_0.mid",
                **{key: 1 if value > 0 else -1 for key, value in said.items()},
            }
        )
        named[f"piece{number}"] = {"midi": f"{name_of(number)}.mid", "measures": 16, "duration": 30}
        for rater in range(raters):
            annotations[f"piece{number}_{rater}"] = {
                key: np.clip(value + generator.normal(0, 0.4) + generator.normal(0, 0.1, 16), -1, 1).tolist()
                for key, value in said.items()
            }
    write_table(folder, rows)
    write_curves(folder, named, annotations)
    return folder


def write_table(folder: Path, rows: list[dict], columns: list[str] = COLUMNS) -> None:
    with open(folder / "vgmidi_labelled.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def read_table(folder: Path) -> list[dict]:
    with open(folder / "vgmidi_labelled.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_curves(folder: Path, named: dict, annotations: dict) -> None:
    path = folder / "labelled" / "annotations" / "raw_1.json"
    path.write_text(json.dumps({"pieces": named, "annotations": annotations}), encoding="utf-8")


def read_curves(folder: Path) -> tuple[dict, dict]:
    content = json.loads((folder / "labelled" / "annotations" / "raw_1.json").read_text(encoding="utf-8"))
    return content["pieces"], content["annotations"]
