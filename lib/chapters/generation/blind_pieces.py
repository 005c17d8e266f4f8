"""Two quizzes for the ear: composed or real, and which label was asked for.

Nothing is picked by ear. A coin decides for each place whether its piece is real or composed, so that
counting does not help a guesser; labels, models and real pieces are drawn too. All pieces come from tokens
and stop at the same moment, so that instrument, loudness, timing and endings cannot tell them apart. What is
heard has an opaque name.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import symusic
from IPython.display import HTML

from lib.basics.errors import BookError
from lib.basics.files import write_bytes
from lib.composing import Composition, SamplingSettings, request_pieces
from lib.composing.compose import safe_file_name
from lib.composing.outcomes import held_out_piece
from lib.data.labelling.label_schemes import LabelRule
from lib.data.store import TokenStore
from lib.data.tokenizer import decode
from lib.measures.label_control import NO_LABEL, is_ruled, judge_by_rule
from lib.measures.sources import PieceSet
from lib.show.media import media_folder, media_link
from lib.show.players import audio_player
from lib.show.quizzes import Question, how_little_it_shows, quiz_html
from lib.show.style import model_label
from lib.show.words import counted, one_line
from lib.sound.audio import write_mp3
from lib.sound.synthesizer import not_as_written
from lib.training import Run

EXCERPT = 16.0
"""Seconds that are heard of each piece."""
MOST = 8
"""Pieces of a quiz; with fewer pairs of labels there are as many as pairs."""

_SEED_SHIFT = 200_000  # away from the seeds of the pieces that are played elsewhere
_TRIES = 2  # composed for each place; the first that lasts as long as an excerpt is taken


@dataclass(frozen=True)
class BlindPiece:
    """A piece to be heard before anything is said about it.

    Attributes:
        origin: 'real', or the name of the model that composed it.
        emotion, genre: asked for, or, of a real piece, its own.
        tokens: its ids, [tokens].
        score: its notes.
        name: what its MIDI file is called, once the answer is known; untrusted text.
        about: what is known of it, a sentence of untrusted text.
    """

    origin: str
    emotion: str
    genre: str
    tokens: np.ndarray
    score: symusic.Score
    name: str
    about: str

    @property
    def kind(self) -> str:
        """'real' or 'composed'."""
        return "real" if self.origin == "real" else "composed"


def blind_pieces(
    store: TokenStore,
    runs: Mapping[str, Run],
    pairs: Sequence[tuple[str, str]],
    draw: SamplingSettings,
    quizzes: int = 2,
) -> list[list[BlindPiece]]:
    """Pieces for some quizzes, none of them played elsewhere in the chapter.

    Args:
        store: the data.
        runs: the models that compose, by name.
        pairs: emotions and genres; each of the first so many gets its turn in each quiz, in random order.
        draw: how tokens are drawn; its seed decides everything here.
        quizzes: how many.

    Returns:
        Pieces in the order in which they are heard, a list for each quiz; empty ones for a single pair, of
        which there is nothing to ask.

    Raises:
        BookError: as :func:`lib.composing.keep.request_pieces`.
    """
    pairs = list(pairs)[:MOST]
    if len(pairs) < 2:
        return [[] for _ in range(quizzes)]
    generator = np.random.default_rng([draw.seed, _SEED_SHIFT])
    places = []  # (origin, pair)
    for _ in range(quizzes):
        order = [pairs[number] for number in generator.permutation(len(pairs))]
        models = generator.choice(list(runs), len(pairs))
        places += [
            ("real" if real else str(model), pair)
            for real, model, pair in zip(_coins(len(pairs), generator), models, order, strict=True)
        ]
    composed = {
        name: _composed(store, run, [pair for origin, pair in places if origin == name], draw)
        for name, run in runs.items()
    }
    played = {held_out_piece(store, *pair, draw.max_tokens) for pair in pairs}
    pieces = []
    for origin, pair in places:
        if origin == "real":
            row = _real_row(store, pair, played, generator)
            played.add(row)
            pieces.append(_real_piece(store, row))
        else:
            pieces.append(_composed_piece(origin, composed[origin].pop(0)))
    return [pieces[first : first + len(pairs)] for first in range(0, len(pieces), len(pairs))]


def composed_or_real(pieces: Sequence[BlindPiece]) -> HTML:
    """The quiz *composed or real?*; it writes the pieces to the media folder."""
    if not pieces:
        return HTML("<p>A quiz needs pieces of at least two pairs of labels, and these data have one.</p>")
    questions = [
        _question(piece, f"Piece {number}", piece.kind, piece.about)
        for number, piece in enumerate(pieces, start=1)
    ]
    quiz = quiz_html(
        "composed-or-real",
        "Composed or real?",
        {"real": "Real music", "composed": "Composed by a model"},
        questions,
    )
    return HTML(f'<p class="quiz-note">{how_little_it_shows(len(pieces), 2)}</p>\n{quiz}')


def which_label(pieces: Sequence[BlindPiece], store: TokenStore, rule: LabelRule) -> HTML:
    """The quiz *which label was asked for?*; real pieces, counted apart, show what an ear can reach at all.

    Args:
        pieces: from :func:`blind_pieces`.
        store: the data; its emotions are the choices.
        rule: behind the labels, :func:`lib.data.labelling.label_schemes.read_rule`; empty where labels are
        given.
    """
    if len(store.emotions) < 2:
        return HTML("<p>All pieces of these data have the same emotion label: there is nothing to guess.</p>")
    ruled = is_ruled(store, rule)
    told = _told_by_the_rule(pieces, store, rule) if ruled else [""] * len(pieces)
    questions = [
        _question(piece, f"Piece {chr(ord('A') + place)}", piece.emotion, f"{piece.about}{more}", piece.kind)
        for place, (piece, more) in enumerate(zip(pieces, told, strict=True))
    ]
    quiz = quiz_html(
        "which-label",
        "Which label was asked for?",
        {label: label for label in store.emotions},
        questions,
        {"composed": "Composed to the label", "real": "Real music with the label, the reference"},
    )
    nature = (
        f"These labels are a proxy: a rule gave them, and no listener. Calm means that "
        f"{rule.scheme.in_words}. You guess what the rule says, not what anybody feels. "
        if ruled
        else "These labels are those of the data; what they mean is for whoever gave them to say. "
    )
    return HTML(
        f'<p class="quiz-note">{nature}{how_little_it_shows(len(pieces), len(store.emotions))}</p>\n{quiz}'
    )


def _coins(count: int, generator: np.random.Generator) -> np.ndarray:
    """A coin for each place, thrown again until both sides are there: bool [count]."""
    fewest = max(1, count // 4)
    while True:
        coins = generator.random(count) < 0.5
        if fewest <= coins.sum() <= count - fewest:
            return coins


def _composed(
    store: TokenStore, run: Run, pairs: Sequence[tuple[str, str]], draw: SamplingSettings
) -> list[Composition]:
    """A composed piece for each pair: of its few candidates the first that lasts, else the longest."""
    if not pairs:
        return []
    shifted = draw.model_copy(update={"seed": draw.seed + _SEED_SHIFT})
    candidates = request_pieces(run, store, [pair for pair in pairs for _ in range(_TRIES)], shifted)
    groups = (candidates[first : first + _TRIES] for first in range(0, len(candidates), _TRIES))
    return [max(group, key=lambda piece: min(piece.seconds, EXCERPT)) for group in groups]


def _real_row(
    store: TokenStore, pair: tuple[str, str], played: set[int], generator: np.random.Generator
) -> int:
    """A held-out piece that lasts and has not been played, if there is one."""
    index = store.index
    held_out = (
        (index["emotion"] == pair[0]) & (index["genre"] == pair[1]) & (index["split"] != "train")
    ).to_numpy()
    unplayed = held_out & ~np.isin(np.arange(len(index)), list(played))
    lasting = unplayed & (index["seconds"] >= EXCERPT).to_numpy()
    rows = next(np.flatnonzero(choice) for choice in (lasting, unplayed, held_out) if choice.any())
    return int(generator.choice(rows))


def _real_piece(store: TokenStore, row: int) -> BlindPiece:
    piece, tokens = store.index.iloc[row], store.tokens(row)
    emotion, genre, name = str(piece["emotion"]), str(piece["genre"]), str(piece["name"])
    about = (
        f"Real music, held out: no model of this book was trained on it. {name}, labelled {emotion}, "
        f"{genre}; {counted(int(piece['bars']), 'bar')}, {piece['seconds']:.0f} s in all."
    )
    return BlindPiece("real", emotion, genre, tokens, decode(store.tokenizer, tokens), name, about)


def _composed_piece(model: str, piece: Composition) -> BlindPiece:
    ending = "ended by itself" if piece.ended else f"cut off at {piece.settings.max_tokens:,} tokens"
    about = (
        f"Composed: {model_label(model)}, asked for {piece.emotion}, {piece.genre}; seed {piece.seed}, "
        f"{counted(piece.bars, 'bar')}, {piece.seconds:.0f} s in all, {ending}."
    )
    return BlindPiece(
        model, piece.emotion, piece.genre, piece.tokens, piece.score, f"{piece.name}_{model}", about
    )


def _told_by_the_rule(pieces: Sequence[BlindPiece], store: TokenStore, rule: LabelRule) -> list[str]:
    """What the rule says of each piece, its key being estimated, as the sentence that follows."""
    tokens, emotions, genres, names = zip(
        *((piece.tokens, piece.emotion, piece.genre, piece.name) for piece in pieces), strict=True
    )
    heard = PieceSet("blind", list(tokens), list(emotions), list(genres), np.arange(len(pieces)), list(names))
    judged = judge_by_rule(heard, store, rule)
    return [
        f" The rule gives it no label: {line.reason}."
        if line.obtained == NO_LABEL
        else f" By the rule, with its key estimated, it is {line.obtained}."
        for line in judged.itertuples()
    ]


def _question(piece: BlindPiece, title: str, answer: str, about: str, group: str = "") -> Question:
    """A question with its sound; without one if the piece cannot be played, and then nobody is asked."""
    key = hashlib.sha256(piece.tokens.tobytes() + title.encode()).hexdigest()[:10]
    folder, midi = media_folder(), f"{safe_file_name(piece.name)}.mid"
    write_bytes(folder / midi, piece.score.dumps_midi())
    link = f'<a href="{media_link(midi)}" download aria-label="MIDI file of {title}">MIDI</a>'
    about = " ".join(filter(None, (about, not_as_written(piece.score, EXCERPT))))
    revealed = f"<p>{one_line(about)} {link}</p>"
    try:
        write_mp3(piece.score, folder / f"heard_{key}.mp3", max_seconds=EXCERPT)
    except BookError as error:
        silent = f"<p><strong>{title}</strong> cannot be heard: {one_line(str(error))}</p>"
        return Question(key, title, silent, "", revealed)
    return Question(key, title, audio_player(f"heard_{key}.mp3", title).data, answer, revealed, group)
