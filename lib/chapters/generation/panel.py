"""A panel to compose with in JupyterLab: choose, generate, hear, see, keep.

A piece is composed in a thread of its own, so that the kernel goes on answering and Cancel is heard between
two tokens. Where nobody could press a button, under papermill and on the published page, a sentence stands
in its place.
"""

import os
import threading
import time
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import Markdown

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, make_folder, write_bytes
from lib.basics.places import artifacts_folder
from lib.composing.compose import Composition, Source, network_of, safe_file_name
from lib.composing.sampling import SamplingSettings
from lib.composing.watched import compose_watched
from lib.data.store import TokenStore
from lib.show.piece_views import mp3_bytes, notation_html, roll_html
from lib.show.style import model_label
from lib.sound.synthesizer import not_as_written

LONGEST = 4096  # tokens; memory for all of them is taken at the beginning
_BETWEEN_REPORTS = 0.1  # seconds; a message for every token would take longer than the token
_ABSENT = (
    "*When this notebook is open in JupyterLab (`make lab`), a panel stands here: choose labels, a "
    "model and how boldly it draws; compose a piece, hear it, read it, keep it. A page has no Python "
    "behind it, so there is no panel on this one.*"
)


class _CancelledError(Exception):
    """Raised between two tokens when somebody pressed Cancel."""


def compose_panel(
    composers: Mapping[str, tuple[Source, TokenStore]], draw: SamplingSettings
) -> widgets.Widget | Markdown:
    """The panel, if this kernel belongs to an open notebook; else a sentence that says where to find it.

    Args:
        composers: by model name, what composes and the store that it was trained on; the pretrained model
            takes the place of its store itself.
        draw: the temperature, top-p, guidance, length and seed that stand there first.
    """
    return ComposePanel(composers, draw).box if has_front_end() else Markdown(_ABSENT)


def has_front_end() -> bool:
    """Whether somebody looks at the notebook: Jupyter's servers and VS Code tell their kernels its name,
    papermill does not.
    """
    shell = get_ipython()
    return "JPY_SESSION_NAME" in os.environ or (shell is not None and "__vsc_ipynb_file__" in shell.user_ns)


class ComposePanel:
    """The panel's controls, and what they do.

    Attributes:
        box: everything, to be displayed.
        model, emotion, genre, temperature, top_p, guidance, length, seed: what the reader chooses.
        generate, cancel, save: buttons.
        progress, message: how far the piece is, and what there is to say.
        title, audio, roll, notation: the piece; all of it in `results`, which is empty before the first.
        folder, name: where it is kept.
        piece: the piece itself, None before the first.
        worker: the thread that composes, None before the first piece.
    """

    def __init__(self, composers: Mapping[str, tuple[Source, TokenStore]], draw: SamplingSettings):
        if not composers:
            raise BookError("The panel needs at least one model to compose with.")
        self._composers, self._draw = dict(composers), draw
        self._network = cache(lambda name: network_of(self._composers[name][0]))
        self._sound, self._stop = b"", threading.Event()
        self.piece: Composition | None = None
        self.worker: threading.Thread | None = None
        self._make_choices()
        self._make_results()
        self.model.observe(self._offer_labels, "value")
        self.generate.on_click(self._generate)
        self.cancel.on_click(lambda _: self._stop.set())
        self.save.on_click(self._save)
        self._offer_labels()
        self._arrange()

    def _make_choices(self) -> None:
        wide = {"style": {"description_width": "7rem"}, "layout": widgets.Layout(width="auto")}
        names = [(model_label(name), name) for name in self._composers]
        self.model = widgets.Dropdown(options=names, description="model", **wide)
        self.emotion = widgets.Dropdown(description="emotion", **wide)
        self.genre = widgets.Dropdown(description="genre", **wide)
        self.temperature = widgets.FloatText(
            self._draw.temperature,
            description="temperature",
            step=0.1,
            tooltip="1 leaves the probabilities; more draws bolder",
            **wide,
        )
        self.top_p = widgets.FloatText(
            self._draw.top_p or 1.0, description="top-p", step=0.05, tooltip="1 keeps all tokens", **wide
        )
        self.guidance = widgets.FloatText(
            self._draw.guidance,
            description="guidance",
            step=0.5,
            tooltip="1 is off; more leans on the labels",
            **wide,
        )
        self.length = widgets.IntText(self._draw.max_tokens, description="at most, tokens", **wide)
        self.seed = widgets.IntText(
            self._draw.seed, description="seed", tooltip="the same seed gives the same piece", **wide
        )

    def _make_results(self) -> None:
        self.generate = widgets.Button(description="Generate", button_style="primary", icon="music")
        self.cancel = widgets.Button(description="Cancel", disabled=True, icon="stop")
        self.progress = widgets.IntProgress(layout=widgets.Layout(visibility="hidden", flex="1 1 10rem"))
        self.title, self.roll, self.notation, self.message = (widgets.HTML() for _ in range(4))
        self.audio = widgets.Audio(
            format="mp3", autoplay=False, loop=False, layout=widgets.Layout(width="100%", max_width="32rem")
        )
        wide = {"style": {"description_width": "7rem"}, "layout": widgets.Layout(flex="1 1 16rem")}
        place = os.path.relpath(artifacts_folder() / "composed")
        self.folder = widgets.Text(place, description="keep in folder", **wide)
        self.name = widgets.Text(description="under the name", **wide)
        self.save = widgets.Button(
            description="Save", icon="save", tooltip="MIDI, MP3, and a JSON record of how the piece was made"
        )

    def _arrange(self) -> None:
        grid = widgets.Layout(grid_template_columns="repeat(auto-fit, minmax(15rem, 1fr))", grid_gap="0 1rem")
        row = widgets.Layout(flex_flow="row wrap", align_items="center")
        choices = [
            self.emotion,
            self.genre,
            self.model,
            self.temperature,
            self.top_p,
            self.guidance,
            self.length,
            self.seed,
        ]
        self.results = widgets.VBox()
        self.box = widgets.VBox(
            [
                widgets.GridBox(choices, layout=grid),
                widgets.HBox([self.generate, self.cancel, self.progress], layout=row),
                self.results,
                self.message,
            ]
        )

    def _open_results(self) -> None:
        """Make room for the first piece: a player without a sound would complain."""
        row = widgets.HBox([self.folder, self.name, self.save], layout=widgets.Layout(flex_flow="row wrap"))
        self.results.children = [self.title, self.audio, self.roll, self.notation, row]

    def _offer_labels(self, _change: object = None) -> None:
        """The labels of the chosen model; a choice that it knows as well stays."""
        store = self._composers[self.model.value][1]
        for choice, labels in ((self.emotion, store.emotions), (self.genre, store.genres)):
            before = choice.value
            choice.options = list(labels)
            choice.value = before if before in labels else labels[0]

    def _settings(self) -> SamplingSettings:
        if self.length.value > LONGEST:
            raise BookError(
                f"A length of {self.length.value:,} tokens is more than this panel composes: ask "
                f"for at most {LONGEST:,}."
            )
        chosen = {
            "temperature": self.temperature.value,
            "top_p": self.top_p.value,
            "seed": self.seed.value,
            "guidance": self.guidance.value,
            "max_tokens": self.length.value,
        }
        return SamplingSettings(**chosen)

    def _generate(self, _button: object) -> None:
        if self.worker is not None and self.worker.is_alive():
            return
        self._say("")
        try:
            settings = self._settings()
        except BookError as error:
            self._say(str(error), trouble=True)
            return
        self._stop.clear()
        self._show_running(True)
        chosen = self.model.value, self.emotion.value, self.genre.value
        self.worker = threading.Thread(target=self._work, args=(*chosen, settings), daemon=True)
        self.worker.start()

    def _work(self, model: str, emotion: str, genre: str, settings: SamplingSettings) -> None:
        """In the thread: compose and show; whatever goes wrong is said in the panel."""
        steps = _Steps(self.progress, settings.max_tokens, self._stop)
        try:
            source, store = self._composers[model]
            piece = compose_watched(source, store, emotion, genre, settings, steps, self._network(model))
            self._show(piece, model)
        except _CancelledError:
            self._say(f"Cancelled after {steps.count:,} tokens; nothing of it was kept.")
        except BookError as error:
            self._say(str(error), trouble=True)
        except Exception as error:  # or the thread would end without a word
            self._say(f"The piece could not be made ({type(error).__name__}: {error}).", trouble=True)
        finally:
            self._show_running(False)

    def _show(self, piece: Composition, model: str) -> None:
        words = f"{piece.emotion}, {piece.genre}, by the {model_label(model)}"
        ending = "ended by itself" if piece.ended else f"cut off at {piece.settings.max_tokens:,} tokens"
        sound, remark = mp3_bytes(piece.score), not_as_written(piece.score)
        roll, notation = roll_html(piece.score, words), notation_html(piece.score, words)
        if self._stop.is_set():
            raise _CancelledError
        self.piece, self._sound = piece, sound
        self.audio.value, self.roll.value, self.notation.value = sound, roll, notation
        self.title.value = (
            f"<strong>{escape(words)}</strong>: {piece.notes:,} notes, {piece.bars:,} bars, "
            f"{piece.seconds:.0f} s, {ending}, seed {piece.seed}"
            f"{remark and f'. {escape(remark)}'}"
        )
        self.name.value = safe_file_name(f"{piece.name}_{model}")
        if not self.results.children:
            self._open_results()

    def _save(self, _button: object) -> None:
        try:
            written = self._write()
        except BookError as error:
            self._say(str(error), trouble=True)
        else:
            names = ", ".join(path.name for path in written)
            self._say(f"Saved in {written[0].parent}: {names}.")

    def _write(self) -> list[Path]:
        """Write MIDI, MP3 and record under a name that none of them has yet."""
        if self.piece is None:
            raise BookError("There is no piece to save yet: generate one first.")
        name = self.name.value.strip()
        if not name or name.startswith(".") or set(name) & set("/\\\0"):
            raise BookError(
                f"'{name}' cannot be the name of a file: give one without folders, such as "
                f"{safe_file_name(self.piece.name)}."
            )
        folder = make_folder(Path(os.path.expanduser(self.folder.value.strip() or ".")))
        midi, audio, record = paths = [folder / f"{name}{suffix}" for suffix in (".mid", ".mp3", ".json")]
        with explain_write_errors(midi):
            taken = [path.name for path in paths if path.exists()]
        if taken:
            raise BookError(
                f"{' and '.join(taken)} in {folder} would be overwritten: give another name or "
                "another folder."
            )
        self.piece.save(midi=midi, record=record)
        write_bytes(audio, self._sound)
        return paths

    def _show_running(self, running: bool) -> None:
        self.generate.disabled, self.cancel.disabled, self.save.disabled = running, not running, running
        self.progress.layout.visibility = "visible" if running else "hidden"

    def _say(self, sentence: str, trouble: bool = False) -> None:
        mark = "<strong>This does not work.</strong> " if trouble else ""
        self.message.value = f'<p role="status">{mark}{escape(sentence)}</p>' if sentence else ""


class _Steps:
    """Called before each token: counts, reports now and then, and stops when asked to."""

    def __init__(self, progress: widgets.IntProgress, most: int, stop: threading.Event):
        self._progress, self._stop, self._reported = progress, stop, 0.0
        self.count = 0
        progress.value, progress.max = 0, most

    def __call__(self) -> None:
        if self._stop.is_set():
            raise _CancelledError
        self.count += 1
        if time.monotonic() - self._reported > _BETWEEN_REPORTS:
            self._reported = time.monotonic()
            self._progress.value = self.count
            self._progress.description = f"{self.count:,} tokens"
