"""A verdict that rests on one training seed says so in its own paragraph; with several seeds, a word that one
of them would overturn is undecided (`compared(..., without_seed=...)`)."""

import re

import nbformat
import pytest

from lib.basics.places import NOTEBOOKS

ONE_SEED = {
    "02_lstm": ("lstm-verdict", "lstm-lesson"),
    "03_transformer": ("transformer-verdict-one-back", "transformer-beyond"),
    "03b_comparison": ("comparison-verdict-transformer-lstm", "comparison-verdict-transformer-ngram"),
    "04b_control": (
        "control-emotion-transformer-verdict",
        "control-emotion-lstm-verdict",
        "control-emotion-halves",
    ),
    "08_music_analysis": ("notes-chance-transformer",),
    "09_notation_composer": ("notation-gain-verdict",),
    "10_hearing_a_genre": ("hearing-versus-verdict",),
    "a2_style_and_memory": ("a2-memory-transformer-verdict",),
    "a3_rated_emotions": ("a3-moved-valence-verdict", "a3-moved-arousal-verdict"),
}
"""Words by notebook that are computed from networks of one training seed each."""
_SAYS = re.compile(r"\b(?:one|this|training|single)\s+(?:training\s+)?seed\b|\bone run\b|a3-moved-seeds")


@pytest.mark.parametrize("name", ONE_SEED)
def test_a_verdict_of_one_training_seed_says_so(name):
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    paragraphs = re.split(r"\n\n|\n(?=- )", prose)
    for word in ONE_SEED[name]:
        used = [text for text in paragraphs if re.search(rf"{{glue:text}}`{word}[`:]", text)]
        assert used, f"{word} is in no sentence"
        silent = [text[:100] for text in used if not _SAYS.search(text)]
        assert not silent, f"{word}: {silent}"
