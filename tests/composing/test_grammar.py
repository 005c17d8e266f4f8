"""Grammar: whatever may be composed decodes, is written and read again as exactly the notes that it names."""

import numpy as np
import pytest
from named_notes import named_notes
from symusic import Score

from lib.composing.grammar import Grammar
from lib.data.tokenizer import build_tokenizer, decode, encode


@pytest.fixture(scope="module", params=["book", "shorthand", "original"])
def tokenizer(request):
    return build_tokenizer(request.param)


@pytest.fixture(scope="module")
def grammar(tokenizer):
    return Grammar(tokenizer)


def walk(grammar: Grammar, seed: int, length: int = 300, by_type: bool = True) -> np.ndarray:
    """A random sequence that keeps the rules: uniform over the allowed types, then over their tokens."""
    generator = np.random.default_rng(seed)
    tokens, state, allowed = [grammar.kinds.index("BOS")], grammar.start(), np.zeros(grammar.size, bool)
    while len(tokens) < length and grammar.kinds[tokens[-1]] != "EOS":
        state.write_allowed(allowed)
        options = np.flatnonzero(allowed)
        assert len(options)
        if by_type:
            types = {grammar.kinds[token] for token in options}
            types = sorted(types - ({"EOS"} if seed % 5 and len(types) > 1 else set()))
            wanted = types[generator.integers(len(types))]
            options = [token for token in options if grammar.kinds[token] == wanted]
        tokens.append(int(options[generator.integers(len(options))]))
        if grammar.kinds[tokens[-1]] != "EOS":
            state.advance(tokens[-1])
    tokens = np.array(tokens)
    return tokens[: grammar.whole_notes_length(tokens)]


def notes_of(score: Score) -> list[tuple[int, ...]]:
    """(onset, duration, pitch, velocity, program), sorted; ticks as the score's."""
    found = []
    for track in score.tracks:
        program = -1 if track.is_drum else track.program
        found += [(note.time, note.duration, note.pitch, note.velocity, program) for note in track.notes]
    return sorted(found)


@pytest.mark.parametrize("by_type", [True, False])
def test_random_walks_lose_no_note(tokenizer, grammar, by_type):
    total = 0
    for seed in range(50):
        tokens = walk(grammar, seed, by_type=by_type)
        assert grammar.violation(tokens) is None
        named = [tuple(note) for note in named_notes(grammar, tokens).tolist()]
        decoded = decode(tokenizer, tokens)
        assert decoded.ticks_per_quarter == grammar.ticks_per_quarter
        assert notes_of(decoded) == named
        written = Score.from_midi(decoded.dumps_midi())
        assert notes_of(written) == named, "the MIDI file holds other notes"
        assert notes_of(decode(tokenizer, encode(tokenizer, written))) == named, "encoding again lost notes"
        total += len(named)
    assert total > 1500


PLAN = ["Length_more", "Activity_6", "Arousal_0", "Key_C:major"]


def ids(grammar: Grammar, *texts: str) -> np.ndarray:
    """Token ids of texts, after BOS; what the token set lacks is left out (Tempo in the original's).

    In shorthand a plan comes first, and a meter and a velocity that hold already are left out.
    """
    known = {text: token for token, text in enumerate(grammar.vocabulary)}
    if grammar.is_short:
        said: dict[str, str] = {}
        kept = []
        for text in texts:
            kind = text.split("_")[0]
            if kind not in ("TimeSig", "Velocity") or said.get(kind) != text:
                kept.append(text)
            said[kind] = text
        texts = (*PLAN, *kept)
    return np.array([known["BOS_None"], *(known[text] for text in texts if text in known)])


def per_beat(grammar: Grammar) -> int:
    """Positions in a beat."""
    return int(next(text for text in grammar.vocabulary if text.startswith("Duration_1.0.")).split(".")[-1])


def position(grammar: Grammar, beats: float) -> str:
    return f"Position_{round(beats * per_beat(grammar))}"


def opening(grammar: Grammar, meter: str = "3/4") -> list[str]:
    """The first bar up to its first beat."""
    return ["Bar_None", f"TimeSig_{meter}", "Position_0", "Tempo_120.0"]


def note(grammar: Grammar, pitch: int, beats: float, program: int = 0, name: bool = False) -> list[str]:
    """One note; the program is named where the token set names it before each, or when asked."""
    resolution = per_beat(grammar) if beats < 4 else 4
    steps = round(beats * resolution)
    start = [] if grammar.program_changes and not name else [f"Program_{program}"]
    return [
        *start,
        f"{'PitchDrum' if program == -1 else 'Pitch'}_{pitch}",
        "Velocity_127",
        f"Duration_{steps // resolution}.{steps % resolution}.{resolution}",
    ]


def test_what_a_musician_writes_is_allowed(grammar):
    tokens = ids(
        grammar,
        *opening(grammar),
        *note(grammar, 60, 1, name=True),
        *note(grammar, 64, 2),
        position(grammar, 2),
        *note(grammar, 65, 1),
        *note(grammar, 36, 0.25, program=-1, name=True),
        "Bar_None",
        "TimeSig_3/4",
        "Bar_None",
        "TimeSig_6/8",
        "Position_0",
        *note(grammar, 62, 1, name=True),
        "EOS_None",
    )
    assert grammar.violation(tokens) is None
    assert grammar.violation(tokens[:-1]) is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (["EOS_None"], "a piece without notes"),
        (["Position_2"], "a position before the first bar"),
        (["Bar_None", "Bar_None"], "a bar without its meter"),
        (["Bar_None", "TimeSig_3/4", "TimeSig_4/4"], "two meters of one bar"),
    ],
)
def test_beginnings_that_are_not_allowed(grammar, wrong, why):
    plan = len(PLAN) if grammar.is_short else 0
    assert grammar.violation(ids(grammar, *wrong)) == plan + len(wrong), why


def test_places_that_are_not_allowed(grammar):
    start = [*opening(grammar), *note(grammar, 60, 1, name=True), position(grammar, 1), *note(grammar, 60, 1)]
    length = len(ids(grammar, *start))
    assert grammar.violation(ids(grammar, *start)) is None
    for wrong in (
        position(grammar, 1),
        "Position_0",
        position(grammar, 3),
        "TimeSig_3/4",
        "Velocity_127",
        note(grammar, 60, 1)[-1],
        "BOS_None",
        "PAD_None",
        "PitchDrum_36",
        "Tempo_120.0",
    ):
        tokens = ids(grammar, *start, wrong)
        if len(tokens) > length:
            assert grammar.violation(tokens) == length, wrong
    assert grammar.violation(ids(grammar, *start, position(grammar, 2.875))) is None
    cut = ids(grammar, *start)[:-1]
    assert grammar.violation(np.append(cut, ids(grammar, "EOS_None")[-1:])) == len(cut), "EOS within a note"


def test_a_bar_has_the_length_of_its_meter(grammar):
    for meter, beats in (("3/8", 3), ("6/8", 6), ("4/4", 4), ("12/8", 12)):
        state, allowed = grammar.start(), np.zeros(grammar.size, bool)
        for token in ids(grammar, *opening(grammar, meter), *note(grammar, 60, 1, name=True))[1:]:
            state.advance(int(token))
        state.write_allowed(allowed)
        last = max(
            grammar.numbers[token] for token in np.flatnonzero(allowed) if grammar.kinds[token] == "Position"
        )
        assert last == beats * per_beat(grammar) - 1


def test_a_note_struck_again_while_it_sounds_ends_no_sooner(grammar):
    start = [*opening(grammar), *note(grammar, 60, 2.5, name=True), position(grammar, 1)]
    repeated = note(grammar, 60, 1)
    assert grammar.violation(ids(grammar, *start, *repeated)) == len(ids(grammar, *start, *repeated)) - 1
    assert grammar.violation(ids(grammar, *start, *note(grammar, 60, 2))) is None
    assert grammar.violation(ids(grammar, *start, *note(grammar, 61, 1))) is None


def test_a_pitch_that_no_duration_could_end_late_enough_is_not_struck_again(grammar):
    """Twelve quarters sound; in 3/8 the longest duration is twelve eighths."""
    tokens = ids(
        grammar,
        *opening(grammar, "1/4"),
        *note(grammar, 60, 12, name=True),
        "Bar_None",
        "TimeSig_3/8",
        "Position_0",
    )
    state, allowed = grammar.start(), np.zeros(grammar.size, bool)
    for token in tokens[1:]:
        state.advance(int(token))
    if not grammar.program_changes:
        state.advance(int(ids(grammar, "Program_0")[-1]))
    state.write_allowed(allowed)
    assert not allowed[ids(grammar, "Pitch_60")[-1]]
    assert allowed[ids(grammar, "Pitch_61")[-1]]


def test_cut_to_whole_notes(grammar):
    tokens = ids(
        grammar,
        *opening(grammar),
        *note(grammar, 60, 1, name=True),
        position(grammar, 1),
        *note(grammar, 62, 1),
    )
    whole = len(ids(grammar, *opening(grammar), *note(grammar, 60, 1, name=True)))
    for length in range(whole, len(tokens)):
        assert grammar.whole_notes_length(tokens[:length]) == whole
    assert grammar.whole_notes_length(tokens) == len(tokens)
    assert grammar.whole_notes_length(tokens[:3]) == 1
    assert grammar.whole_notes_length(np.append(tokens[:whole], ids(grammar, "EOS_None")[-1:])) == whole + 1


def test_real_sequences_keep_the_rules(tiny_store):
    grammar = Grammar(tiny_store.tokenizer)
    for row in range(len(tiny_store)):
        assert grammar.violation(tiny_store.tokens(row)) is None


def test_no_pitch_is_struck_twice_at_once(grammar):
    for seed in range(30):
        notes = named_notes(grammar, walk(grammar, seed))
        struck = [(onset, pitch, program) for onset, _, pitch, _, program in notes.tolist()]
        assert len(set(struck)) == len(struck)


class TestShorthand:
    """Where a bar may be told to be heard again."""

    @pytest.fixture
    def grammar(self):
        return Grammar(build_tokenizer("shorthand"))

    def again(self, grammar, *texts):
        """How far back the bars lie that may be heard again behind these tokens."""
        state, allowed = grammar.start(), np.zeros(grammar.size, bool)
        for token in ids(grammar, *texts)[1:]:
            state.advance(int(token))
        state.write_allowed(allowed)
        return [
            int(grammar.vocabulary[token].split("_")[1])
            for token in np.flatnonzero(allowed)
            if grammar.kinds[token] == "Again"
        ]

    def test_a_bar_that_has_ended_or_ends_now(self, grammar):
        first = [*opening(grammar), *note(grammar, 60, 1, name=True)]
        assert self.again(grammar, *first) == [1]
        assert self.again(grammar, *first, "Again_1") == [1, 2]
        assert self.again(grammar, *first, "Bar_None", "Position_0", *note(grammar, 62, 1)) == [1, 2]

    def test_not_a_bar_that_is_empty_or_in_another_meter(self, grammar):
        first = [*opening(grammar), *note(grammar, 60, 1, name=True)]
        assert self.again(grammar, *first, "Bar_None") == [2]
        assert self.again(
            grammar, *first, "Bar_None", "TimeSig_2/4", "Position_0", *note(grammar, 62, 1)
        ) == [1]

    def test_not_while_a_note_sounds_across_a_line(self, grammar):
        first = [*opening(grammar), *note(grammar, 60, 1, name=True)]
        across = [position(grammar, 2), *note(grammar, 62, 2)]
        assert self.again(grammar, *first, *across) == []
        behind = [*first, *across, "Bar_None", position(grammar, 1), *note(grammar, 64, 1)]
        assert self.again(grammar, *behind) == []

    def test_not_in_another_tempo(self, grammar):
        first = [*opening(grammar), *note(grammar, 60, 1, name=True)]
        slower = [*first, "Bar_None", "Position_0", "Tempo_60.0", *note(grammar, 62, 1)]
        assert self.again(grammar, *slower) == [1]

    def test_an_ending_may_follow_a_bar_heard_again(self, grammar):
        tokens = ids(grammar, *opening(grammar), *note(grammar, 60, 1, name=True), "Again_1", "EOS_None")
        assert grammar.violation(tokens) is None
        assert grammar.whole_notes_length(tokens[:-1]) == len(tokens) - 1

    def test_a_piece_has_as_many_bars_as_its_plan_says(self, grammar):
        for bars in (1, 4, 5, 9):
            told = f"Length_{bars}"
            for seed in range(5):
                generator = np.random.default_rng(seed)
                state, allowed, texts = grammar.start(bars, bars), np.zeros(grammar.size, bool), []
                while not texts or texts[-1] != "EOS_None":
                    state.write_allowed(allowed)
                    options = np.flatnonzero(allowed)
                    hurried = [token for token in options if grammar.kinds[token] in ("Bar", "Again", "EOS")]
                    token = int(generator.choice(hurried or options))
                    texts.append(grammar.vocabulary[token])
                    state.advance(token)
                assert texts[0] == told
                assert sum(text.startswith(("Bar_", "Again_")) for text in texts) == bars
                left = [text for text in texts if text.startswith("Left")]
                assert left == [f"Left_{bars - count}" for count in range(4, bars + 1, 4)]
