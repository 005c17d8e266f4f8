"""The page book/compose with a network whose tokens are in shorthand: bars that come again, a plan, and bars
that are written again."""

import numpy as np
import pytest
import symusic
from browser_engine import BrowserEngine
from in_browser import Visit
from lone_page import lone_page
from short_pretrained import short_pretrained

from lib.composing import Grammar, SamplingSettings, load_pretrained, read_prompt, sample_tokens
from lib.composing.browser.weights import quantised
from lib.data.embedded.arrange import SourceError, arrange
from lib.data.embedded.sources import COLLECTIONS, sources_of
from lib.data.shorthand.bars import words_of
from lib.data.shorthand.gaps import read_bars, why_not, with_gap
from lib.data.shorthand.tokens import activity_step, arousal_step
from lib.data.tokenizer import decode, encode, spell, write_out
from lib.publish.compose_page.model_script import grammar_tables, model_script
from lib.publish.compose_page.page import ASSETS

EACH = 6  # tunes of a collection
BARS = 8

_MIDI = """(tokens) => {
    const piece = new mood.Piece(grammar, tokens[0]);
    piece.add(tokens.slice(1));
    return [...piece.midi()];
}"""
_FINISHED = _MIDI.replace("return", "piece.finish();\n    return")
_READ = """([bytes, bars]) => {
    try {
        const tokens = mood.tokensOfMidi(Uint8Array.from(bytes), grammar, 8, "tune.mid");
        return mood.shorthand.beginning(grammar, tokens, bars);
    } catch (error) {
        if (error instanceof mood.MidiError) return null;
        throw error;
    }
}"""


@pytest.fixture(scope="module")
def pretrained():
    return quantised(short_pretrained())


@pytest.fixture(scope="module")
def grammar(pretrained):
    return Grammar(pretrained.tokenizer)


@pytest.fixture(scope="module")
def engine(browser, pretrained):
    page = browser.new_page()
    engine = BrowserEngine(page, model_script(short_pretrained()))
    for name in ("shorthand.js", "gaps.js", "piece.js", "midi_in.js"):
        page.add_script_tag(content=(ASSETS / name).read_text(encoding="utf-8"))
    engine.evaluate(
        "(tables) => { window.grammar = new scope.MoodGrammar(tables); }",
        grammar_tables(pretrained.tokenizer),
    )
    yield engine
    page.close()


@pytest.fixture(scope="module")
def tunes(tmp_path_factory, pretrained):
    """Real tunes as MIDI files."""
    folder, paths = tmp_path_factory.mktemp("tunes"), []
    for collection in COLLECTIONS:
        if collection.large:
            continue
        for source in list(sources_of(collection))[:EACH]:
            path = folder / f"{len(paths)}.mid"
            try:
                path.write_bytes(arrange(source.read()).score.dumps_midi())
            except SourceError:
                continue
            paths.append(path)
    return paths


def composed_here(pretrained, emotion=0, genre=0, prompt=None, **sampling):
    settings = SamplingSettings(generator="browser", **sampling)
    return sample_tokens(
        pretrained.model, [emotion], [genre], settings, Grammar(pretrained.tokenizer), prompt=prompt
    )[0]


def rows_of(grammar, tokens):
    """Which tokens may follow before each of these, BOS apart."""
    state, rows = grammar.start(), np.zeros((len(tokens) - 1, grammar.size), dtype=bool)
    for row, token in zip(rows, tokens[1:].tolist(), strict=True):
        state.write_allowed(row)
        state.advance(token)
    return rows


def unpacked(found, size):
    """Rows as the engine packs them, 24 tokens a number."""
    bits = (np.array(found)[:, :, None] >> np.arange(24)) & 1
    return bits.reshape(len(found), -1)[:, :size].astype(bool)


def test_on_real_pieces_the_grammar_allows_the_same(engine, grammar, pretrained, tunes):
    again = 0
    for path in tunes:
        tokens = encode(pretrained.tokenizer, symusic.Score(path))[:250].astype(int)
        (found,) = engine.allowed(grammar_tables(pretrained.tokenizer), [tokens[1:].tolist()])
        expected = rows_of(grammar, tokens)
        found = unpacked(found, grammar.size)
        assert np.array_equal(found, expected), path
        forbidden = np.flatnonzero(~found[np.arange(len(found)), tokens[1:]])
        assert grammar.violation(tokens) == (forbidden[0] + 1 if len(forbidden) else None)
        again += sum(grammar.kinds[token] == "Again" for token in tokens)
    assert len(tunes) > 20
    assert again > 60


@pytest.mark.parametrize(
    "sampling",
    [
        {"seed": 1, "max_tokens": 200},
        {"seed": 2**40, "max_tokens": 260, "bars": 12},
        {"seed": 3, "max_tokens": 200, "guidance": 2.5, "temperature": 1.2, "top_p": 0.9, "bars": 96},
        {"max_tokens": 150, "greedy": True},
    ],
)
def test_what_the_browser_composes_python_composes_token_by_token(engine, pretrained, sampling):
    expected = composed_here(pretrained, 1, 2, **sampling)
    asked = {"max_tokens": "maxTokens", "top_p": "topP", "bars": "total"}
    named = {asked.get(name, name): value for name, value in sampling.items()}
    made = engine.compose(emotion=1, genre=2, **named)
    assert made["tokens"] == expected[1:].tolist()
    if "bars" in sampling:
        assert pretrained.vocabulary[made["tokens"][0]] == f"Length_{sampling['bars']}"


def test_a_file_from_the_page_holds_what_python_reads_in_the_tokens(engine, grammar, pretrained, tunes):
    pieces = [composed_here(pretrained, seed=seed, max_tokens=300, bars=16) for seed in range(6)]
    pieces = [tokens[: grammar.whole_notes_length(tokens)] for tokens in pieces]
    assert any(grammar.kinds[token] == "Again" for token in np.concatenate(pieces))
    pieces += [encode(pretrained.tokenizer, symusic.Score(path)) for path in tunes[::4]]
    for tokens in pieces:
        expected = decode(pretrained.tokenizer, tokens)
        score = symusic.Score.from_midi(bytes(engine.evaluate(_MIDI, tokens.tolist())))
        assert notes_of(score) == notes_of(expected)
        assert [(each.time, round(each.qpm)) for each in score.tempos] == [
            (each.time, round(each.qpm)) for each in expected.tempos
        ]
        assert [(each.time, each.numerator, each.denominator) for each in score.time_signatures] == [
            (each.time, each.numerator, each.denominator) for each in expected.time_signatures
        ]


def notes_of(score):
    return sorted(
        (note.time, note.end, note.pitch, note.velocity, -1 if track.is_drum else track.program)
        for track in score.tracks
        for note in track.notes
    )


def test_shorthand_is_written_and_written_out_as_in_python(engine, pretrained, tunes):
    for path in tunes:
        score = symusic.Score(path)
        tokens = encode(pretrained.tokenizer, score).tolist()
        plan = next(place for place, token in enumerate(tokens) if pretrained.vocabulary[token] == "Bar_None")
        found, again = engine.evaluate(
            """(tokens) => {
            const { writeOut, shorten, countDown } = mood.shorthand;
            const slices = writeOut(grammar, tokens);
            return [slices.flat(), countDown(grammar, shorten(grammar, slices), slices.length).flat()];
        }""",
            tokens,
        )
        assert found == spell(pretrained.tokenizer, score)[1:-1].tolist()
        assert again == tokens[plan:-1]


@pytest.mark.parametrize("bars", [3, BARS])
def test_a_piece_begins_with_bars_of_another_as_in_python(engine, pretrained, tunes, bars):
    """The plan's length, activity and arousal are drawn; its key is that of the bars."""
    read = 0
    for path in tunes:
        expected = read_prompt(path, pretrained, bars)[1:].tolist()
        found = engine.evaluate(_READ, [list(path.read_bytes()), bars])
        assert found in (None, expected), path
        longer = read_prompt(path, pretrained, BARS)[1:].tolist()
        assert expected == engine.evaluate(
            "([tokens, bars]) => mood.shorthand.beginning(grammar, tokens, bars)", [longer, bars]
        )
        read += found is not None
    assert read > 20


def test_what_is_left_free_in_a_prompt_is_drawn_as_in_python(engine, grammar, pretrained, tunes):
    for number, path in enumerate(tunes[::5]):
        given = engine.evaluate(_READ, [list(path.read_bytes()), 4])
        prompt = np.array([grammar.kinds.index("BOS"), *given])
        expected = composed_here(pretrained, prompt=prompt, seed=number, max_tokens=len(prompt) + 60, bars=16)
        made = engine.compose(given=given, seed=number, maxTokens=len(prompt) + 60, total=16)["tokens"]
        assert made == expected[1:].tolist(), "the first token is drawn, and all others are told behind it"
        told = pretrained.vocabulary[expected[1]]
        assert told == "Length_16"


def test_a_plan_is_told_in_words_that_python_reads_back(engine, pretrained):
    for text in pretrained.vocabulary:
        kind, value = text.split("_", 1)
        if kind not in ("Activity", "Arousal"):
            continue
        words = engine.evaluate("(text) => mood.shorthand.planWords(text)", text)
        number = float(words.split()[1].replace("−", "-"))
        if kind == "Arousal":
            assert arousal_step(number) == int(value), words
        else:
            assert abs(activity_step(number) - int(value)) <= 1, words
    plan = [
        pretrained.vocabulary.index(text)
        for text in ("BOS_None", "Length_32", "Activity_12", "Arousal_-5", "Key_Eb:minor")
    ]
    assert engine.evaluate("(plan) => mood.shorthand.planLine(grammar, plan)", plan) == (
        "The plan: 32 bars, E♭ minor, about 2.0 note beginnings a beat, arousal −0.10 (from −1, calm, to 1, "
        "excited)."
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        return lone_page(tmp_path_factory.mktemp("page"), short_pretrained(), patch)


@pytest.fixture
def opened(contexts, address):
    """A function that opens the page with choices in its address."""

    def visit(choices="length=12&tokens=600&emotion=lively&genre=irish&seed=2", width=1440):
        visit = Visit(contexts(width), f"{address}#{choices}")
        assert visit.complaints == []
        return visit.page

    return visit


def wait_for(page, where, words):
    page.wait_for_function(
        "([where, words]) => document.querySelector(where).textContent.includes(words)",
        arg=[where, words],
        timeout=20_000,
    )


def compose(page):
    page.locator("button[name=compose]").click()
    page.wait_for_function("window.mood.page.piece && !window.mood.page.piece.composing", timeout=20_000)


def test_the_page_composes_as_many_bars_as_asked_and_tells_the_plan(opened, pretrained):
    page = opened()
    assert page.locator("input[name=total]").input_value() == "12"
    compose(page)
    assert page.locator(".composer-plan").inner_text().startswith("The plan: 12 bars, ")
    assert page.locator(".composer-facts").inner_text().startswith("12 bars")
    tokens = page.evaluate("window.mood.page.piece.tokens")
    expected = composed_here(pretrained, 1, 1, seed=2, max_tokens=600, bars=12, top_p=0.95)
    assert tokens == expected.tolist()
    assert "length=12" in page.url
    page.locator("input[name=total]").fill("")
    compose(page)
    assert "length" not in page.url


def test_a_bar_that_comes_again_can_be_looked_into(opened):
    page = opened()
    compose(page)
    page.locator(".composer-inside summary").click()
    page.evaluate("""() => {
        const { inside, piece } = window.mood.page;
        inside.freeze(piece.notes.find(({ token }) => piece.grammar.kinds[piece.tokens[token]] === "Again"));
    }""")
    wait_for(page, ".composer-asked", " again was drawn")
    page.locator("button[name=before]").click()


def test_a_piece_is_not_told_to_be_shorter_than_its_beginning(opened, tunes):
    page = opened("length=2&tokens=900")
    page.locator(".composer-more summary").click()
    page.locator("input[name=file]").set_input_files(tunes[0])
    wait_for(page, ".composer-status", "will begin with")
    page.locator("button[name=compose]").click()
    wait_for(page, ".composer-status", "is to have 2 bars and to begin with 4")
    page.locator("input[name=total]").fill("6")
    compose(page)
    assert page.locator(".composer-plan").inner_text().startswith("The plan: 6 bars, ")
    given = page.evaluate("""() => {
        const { piece } = window.mood.page;
        return piece.tokens.slice(0, 5).map((_, place) => piece.isGiven(place));
    }""")
    assert given == [True, False, False, False, True], "the key is that of the file"


def test_a_link_for_another_network_is_told(contexts, tmp_path, monkeypatch):
    address = lone_page(tmp_path, load_pretrained(), monkeypatch)
    if load_pretrained().tokenizer.config.additional_params.get("shorthand"):
        pytest.skip("the pretrained model is told a length")
    page = Visit(contexts(), f"{address}#length=8&seed=4").page
    assert "asks for length “8”, which this page cannot tell" in page.locator(".composer-status").inner_text()
    assert page.locator("input[name=seed]").input_value() == "4"


def gaps_of(pretrained, tunes):
    """Real pieces and composed ones, and bars of them that can be written again."""
    words = words_of(tuple(pretrained.vocabulary))
    pieces = [encode(pretrained.tokenizer, symusic.Score(path)) for path in tunes]
    pieces += [composed_here(pretrained, seed=seed, max_tokens=900, bars=14) for seed in range(5)]
    for end, meter in ((8000, (4, 4)), (7680, (3, 4))):  # into the fifth bar, or up to it
        score = symusic.Score(480)
        score.time_signatures.extend([symusic.TimeSignature(0, 4, 4), symusic.TimeSignature(7680, *meter)])
        score.tracks.append(symusic.Track())
        score.tracks[0].notes.extend([symusic.Note(480 * beat, 480, 60 + beat % 5, 80) for beat in range(15)])
        score.tracks[0].notes.append(symusic.Note(7200, end - 7200, 70, 80))
        score.tracks[0].notes.extend(
            [symusic.Note(480 * beat, 480, 60 + beat % 5, 80) for beat in range(16, 40)]
        )
        pieces.append(encode(pretrained.tokenizer, score))
    for number, tokens in enumerate(pieces):
        bars = read_bars(words, write_out(pretrained.tokenizer, tokens))
        first = 2 + number % 7
        last = first + number % 4
        yield words, tokens, bars, first, last


def test_a_piece_is_given_without_its_bars_as_in_python(engine, pretrained, tunes):
    ask = """([tokens, first, last]) => {
        const { bars } = mood.shorthand.readBars(grammar, mood.gaps.putBack(grammar, tokens));
        return mood.gaps.whyNot(bars, first, last) || mood.gaps.withGap(grammar, tokens, first, last);
    }"""
    fill, found = pretrained.vocabulary.index("Fill_None"), {"": 0}
    for words, tokens, bars, first, last in gaps_of(pretrained, tunes):
        for span in ((first, last), (4, 4), (5, 6), (1, 2), (1, len(bars)), (3, 2), (5, 500), (2, 10)):
            made = engine.evaluate(ask, [tokens[1:-1].tolist(), *span])
            reason = why_not(bars, *span)
            first_word = reason.split(" ")[0]
            found[first_word] = 1 + found.get(first_word, 0)
            if reason:
                assert made == reason
            else:
                moved = with_gap(words, tokens, *span).tolist()
                assert made == moved[1 : moved.index(fill) + 1]
    assert found[""] > 20, found
    assert min(found["A"], found["The"]) > 1, "notes that sound across a line, meters that change"


def test_bars_are_written_again_as_in_python_and_all_others_stay(engine, grammar, pretrained, tunes):
    written = 0
    for number, (words, tokens, bars, first, last) in enumerate(gaps_of(pretrained, tunes[::4])):
        if why_not(bars, first, last):
            continue
        moved = with_gap(words, tokens, first, last).tolist()
        prompt = np.array(moved[: 1 + moved.index(pretrained.vocabulary.index("Fill_None"))])
        expected = composed_here(pretrained, prompt=prompt, seed=number, max_tokens=1200)
        made = engine.compose(given=prompt[1:].tolist(), seed=number, maxTokens=1200)["tokens"]
        assert made == expected[len(prompt) :].tolist()
        (found,) = engine.allowed(grammar_tables(pretrained.tokenizer), [expected[1:].tolist()])
        assert np.array_equal(unpacked(found, grammar.size), rows_of(grammar, expected))
        score = symusic.Score.from_midi(bytes(engine.evaluate(_FINISHED, expected.tolist())))
        again = engine.evaluate("(tokens) => mood.gaps.putBack(grammar, tokens)", expected.tolist())
        before = engine.evaluate("(tokens) => mood.gaps.putBack(grammar, tokens)", tokens.tolist())
        assert len(again) == len(before)
        programs = {token for token, kind in enumerate(grammar.kinds) if kind == "Program"}
        kept = [
            [token for token in bar if token not in programs] for bar in again[: first - 1] + again[last:]
        ]
        assert kept == [
            [token for token in bar if token not in programs] for bar in before[: first - 1] + before[last:]
        ]
        bars = read_bars(words, write_out(pretrained.tokenizer, expected))
        if len({bar.meter for bar in bars[first - 2 : last]}) == 1 and not bars[last - 1].sounds_on:
            assert notes_of(score) == notes_of(decode(pretrained.tokenizer, expected))
            written += 1
    assert written > 3


SLICES = "mood.gaps.putBack(mood.page.grammar, mood.page.piece.tokens.slice(1))"


def write_again(page, first, last):
    """Until it works, for a network of random weights often leaves a note sounding into the next bar; returns
    whether the bars are others than before."""
    before = page.evaluate(SLICES)
    page.get_by_label("First bar").fill(str(first))
    page.get_by_label("Last bar").fill(str(last))
    for _ in range(12):
        page.locator("button[name=rewrite]").click()
        page.wait_for_function("!mood.page.piece.composing")
        wait_for(page, ".composer-status", " written ")
        if "all others stayed" in page.locator(".composer-status").inner_text():
            break
        assert page.evaluate(SLICES) == before, "nothing is lost"
    after = page.evaluate(SLICES)
    assert after[: first - 1] + after[last:] == before[: first - 1] + before[last:]
    return after[first - 1 : last] != before[first - 1 : last]


def test_bars_are_written_again_in_the_page_more_than_once(opened):
    page = opened("length=16&tokens=1000&emotion=calm&genre=irish&seed=4")
    assert page.locator("button[name=rewrite]").is_disabled()
    compose(page)
    page.get_by_label("Last bar").fill("20")
    page.get_by_label("Last bar").press("Enter")
    wait_for(page, ".composer-status", "The piece has 16 bars, so bars 5 to 20 cannot be written again")
    changed = [write_again(page, *span) for span in ((5, 6), (9, 9), (5, 7))]
    assert any(changed)
    starts = page.evaluate("mood.page.piece.notes.map(({ start }) => start)")
    assert starts == sorted(starts)
    assert page.locator(".composer-facts").inner_text().startswith("16 bars")
    assert page.evaluate("mood.page.piece.bars.map(({ number }) => number)") == list(range(1, 17))
    page.locator(".composer-inside summary").click()
    page.locator("button[name=before]").click()
    wait_for(page, ".composer-asked", "token")


def test_a_piece_whose_bars_cannot_be_replaced_stays_and_can_be_looked_into(opened):
    page = opened("length=9&tokens=1000&seed=7&guidance=2")
    compose(page)
    before = page.evaluate("[mood.page.piece.tokens, mood.page.piece.notes]")
    page.locator(".composer-inside summary").click()
    look = """(place) => {
        Object.assign(mood.page.inside, { answer: null, follows: false });
        mood.page.inside.want(place);
    }"""
    answer = "mood.page.inside.answer?.place === 12 && mood.page.inside.answer"
    page.evaluate(look, 12)
    seen = page.wait_for_function(answer).json_value()
    page.evaluate("mood.Rewrite.prototype.whatIsWrong = () => 'They stay.'")
    page.locator("button[name=rewrite]").click()
    wait_for(page, ".composer-status", "They stay.")
    assert page.evaluate("[mood.page.piece.tokens, mood.page.piece.notes]") == before
    assert not page.locator("button[name=rewrite]").is_disabled()
    page.evaluate(look, 12)
    again = page.wait_for_function(answer).json_value()
    assert again["candidates"] == seen["candidates"], "the network reads the old piece again"


def composed_and_written_again(opened, **settings):
    """A piece of sixteen bars whose bars 5 and 6 were written again, and its tokens before."""
    page = opened("length=16&tokens=1000&emotion=calm&genre=irish&seed=4", **settings)
    compose(page)
    before = page.evaluate("[mood.page.piece.tokens, mood.page.piece.notes, mood.page.piece.labels]")
    for _ in range(4):
        if write_again(page, 5, 6):
            return page, before
        page.locator("button[name=undo]").click()
    pytest.fail("the same bars four times")


def seen_piece(page):
    return page.evaluate("[mood.page.piece.tokens, mood.page.piece.notes, mood.page.piece.labels]")


def test_what_was_written_again_is_taken_back_by_button_and_by_keyboard(opened):
    page, before = composed_and_written_again(opened)
    facts = page.locator(".composer-facts").inner_text()
    undo = page.get_by_role("button", name="Take back")
    undo.press("Enter")
    wait_for(page, ".composer-status", "Bars 5 to 6 are as before again.")
    assert seen_piece(page) == before
    assert undo.is_disabled(), "there is nothing more to take back"
    assert page.evaluate("document.activeElement.name") == "rewrite", "the keyboard is not lost"
    assert page.locator(".composer-facts").inner_text() != facts
    assert write_again(page, 5, 6) in (True, False)
    page.locator("input[name=first]").press("Control+z")
    assert "before again" not in page.locator(".composer-status").inner_text(), "that is the field's own"
    page.locator(".composer-roll").press("Control+z")
    wait_for(page, ".composer-status", "Bars 5 to 6 are as before again.")
    assert seen_piece(page) == before
    page.locator(".composer-roll").press("Control+z")
    assert seen_piece(page) == before


def test_steps_are_taken_back_one_by_one(opened):
    page, before = composed_and_written_again(opened)
    once = seen_piece(page)
    write_again(page, 5, 6)
    assert seen_piece(page) != once
    page.locator("button[name=undo]").click()
    assert seen_piece(page) == once
    while page.locator("button[name=undo]").is_enabled():
        page.locator("button[name=undo]").click()
    assert seen_piece(page) == before


def test_the_chosen_bars_are_marked_on_the_roll_and_said(opened):
    page = opened("length=16&tokens=1000&emotion=calm&genre=irish&seed=4")
    band, said = page.locator(".composer-band"), page.locator(".composer-marked")
    assert band.is_hidden()
    compose(page)
    assert said.inner_text() == "Bars 5 to 8 are marked on the piano roll."
    place = """() => {
        const { roll, piece } = mood.page, { left, width } = roll.band.getBoundingClientRect();
        const from = left - roll.box.getBoundingClientRect().left;
        const edges = [from, from + width];
        return edges.map((x) => piece.bars.findIndex(({ start }) => Math.abs(roll.x(start) - x) < 2) + 1);
    }"""
    assert page.evaluate(place) == [5, 9]
    page.get_by_label("First bar").fill("7")
    page.get_by_label("Last bar").fill("7")
    assert page.evaluate(place) == [7, 8]
    assert said.inner_text() == "Bar 7 is marked on the piano roll."
    page.get_by_label("Last bar").fill("44")
    assert said.inner_text() == "The piece has 16 bars; no such bars can be marked."
    assert band.is_hidden()
    roll = page.locator(".composer-roll")
    for key in ("Home", "ArrowRight", "ArrowRight", "f", "ArrowRight", "L"):
        roll.press(key)
    assert page.evaluate(place) == [3, 5]
    assert said.inner_text() == "Bars 3 to 4 are marked on the piano roll."
    page.wait_for_function(
        "document.querySelector('.composer-roll').getAttribute('aria-valuetext')"
        " === 'bar 4 of 16, marked to be written again'"
    )
    tree = page.locator(".composer-rewrite").aria_snapshot()
    for words in ('group "Write bars again"', 'spinbutton "First bar"', 'spinbutton "Last bar"', "status"):
        assert words in tree
