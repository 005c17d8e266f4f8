"""What the build writes into the page book/compose, and the files that this page loads.

The page is written by hand; in the place of a mark it gets the form, with the labels of the pretrained model
and the real pieces of the page Listen to begin with. Scripts and styles lie beside it in a folder `compose`.
"""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from lib.basics.errors import BookError
from lib.basics.files import make_folder, write_text
from lib.composing.pretrained import Pretrained, load_pretrained
from lib.composing.prompt import read_prompt
from lib.data.shorthand.tokens import GAP, LONGEST, ids_of_types
from lib.data.tokenizer import has_shorthand
from lib.publish.compose_page.model_script import model_script
from lib.publish.compose_page.notes_script import instruments_of, notes_script
from lib.publish.gates import ExecutedCopy
from lib.publish.pages_made.listening_page import find_record
from lib.show.tables import with_interval
from lib.show.words import one_line

MARK, LOSS = "<!-- composer -->", "<!-- composer-loss -->"
FOLDER = "compose"  # beside the page
MODEL, NOTES = "model.js", "notes.js"
ASSETS = Path(__file__).parent / "assets"
#: In the order in which they are loaded; the first five also run in the Worker.
SCRIPTS = (
    "network.js",
    "draw.js",
    "bars.js",
    "grammar.js",
    "composer.js",
    "engine.js",
    "shorthand.js",
    "gaps.js",
    "piece.js",
    "midi_in.js",
    "sound.js",
    "roll.js",
    "inside.js",
    "choices.js",
    "rewrite.js",
    "page.js",
)
_STYLE, _FORM, _REWRITE = "compose.css", "form.html", "rewrite.html"
_BARS = 8  # of a real piece to begin with, at most
_PROMPTS = 24
# Only a network whose pieces begin with a plan can be told how many bars one is to have.
_LENGTH = (
    f'<label>Length in bars<input name="total" type="number" min="1" max="{LONGEST}" step="1" '
    'placeholder="as it likes"></label>\n'
)


def stage_compose_page(page: Path, beside: Path, copies: Sequence[ExecutedCopy]) -> None:
    """Fill in the staged page `page` and write the folder of its files into the folder `beside`; a book
    without this page is left as it is.

    Raises:
        BookError: as :func:`write_files`.
    """
    if page.is_file():
        pretrained = load_pretrained()
        write_files(pretrained, beside / FOLDER)
        text = compose_page(page.read_text(encoding="utf-8"), pretrained, copies, beside / FOLDER)
        write_text(page, text)


def write_files(pretrained: Pretrained, folder: Path) -> None:
    """Write everything that the page loads into `folder`: its scripts and style, the network, the notes.

    Raises:
        BookError: when the decoder cannot run the model, or the synthesizer fails.
    """
    make_folder(folder)
    for name in (*SCRIPTS, _STYLE):
        write_text(folder / name, (ASSETS / name).read_text(encoding="utf-8"))
    write_text(folder / MODEL, model_script(pretrained))
    write_text(folder / NOTES, notes_script(instruments_of(pretrained)))


def compose_page(text: str, pretrained: Pretrained, copies: Sequence[ExecutedCopy], folder: Path) -> str:
    """The page with the form, and the loss of the rounded weights, in the places of their marks.

    Args:
        text: book/compose.md.
        pretrained: the model that composes.
        copies: the executed notebooks; the record of the page Listen, if one has left it, names real pieces.
        folder: the files of :func:`write_files`.
    """
    prompts = _prompts(pretrained, copies)
    megabytes = f"{(folder / MODEL).stat().st_size / 1e6:.1f}"
    data = {
        "model": MODEL,
        "notes": NOTES,
        "megabytes": megabytes,
        "prompts": [tokens for _, tokens in prompts],
    }
    can_fill = bool(len(ids_of_types(pretrained.vocabulary, (GAP,))))
    options = "".join(
        f'<option value="{number}" data-place="{number - 1}">{one_line(title)}</option>'
        for number, (title, _) in enumerate(prompts, start=1)
    )
    form = Template((ASSETS / _FORM).read_text(encoding="utf-8")).substitute(
        emotions=_options(pretrained.emotions),
        genres=_options(pretrained.genres),
        length=_LENGTH if has_shorthand(pretrained.tokenizer) else "",
        rewrite=(ASSETS / _REWRITE).read_text(encoding="utf-8") if can_fill else "",
        window=pretrained.context_length,
        bars=_BARS,
        prompts=options,
        megabytes=megabytes,
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        scripts="\n".join(f'<script defer src="{FOLDER}/{name}"></script>' for name in SCRIPTS),
    )
    return text.replace(MARK, form).replace(LOSS, _loss(pretrained))


def _loss(pretrained: Pretrained) -> str:
    """What rounding costs, as the model's card tells it; '' for a card that tells nothing."""
    found = pretrained.card.get("browser")
    if not found:
        return ""
    more = with_interval(found["more"], found["more_low"], found["more_high"], 5)
    return (
        f"On {found['pieces']} held-out pieces they lose {found['rounded']:.4f} nats a token where the "
        f"published weights lose {found['full']:.4f}, {more} more (95% over groups of duplicates)."
    )


def _options(labels: Sequence[str]) -> str:
    chosen = "".join(
        f'<option value="{escape(label).replace(chr(10), "&#10;")}">{one_line(label)}</option>'
        for label in labels
    )
    return f'{chosen}<option value="">none: the model is free</option>'


def _prompts(pretrained: Pretrained, copies: Sequence[ExecutedCopy]) -> list[tuple[str, list[int]]]:
    """Title and tokens, without BOS, of the first bars of real pieces of the page Listen; those that cannot
    be read with the model's tokens are left out."""
    record = find_record(copies)
    found = []
    for cell in record["cells"] if record else ():
        named = (copy.media / cell["midi"] for copy in copies if cell["midi"] and cell["source"] == "real")
        path = next(filter(Path.is_file, named), None)
        if path is None:
            continue
        try:
            tokens = read_prompt(path, pretrained, _BARS, pretrained.context_length)
        except BookError:
            continue
        found.append((f"a real piece: {cell['emotion']}, {cell['genre']}", tokens[1:].tolist()))
    return found[:_PROMPTS]
