"""What can be heard: nothing is fetched before, it plays and ends, one at a time; the ways of the player."""

import pytest
from in_browser import made_page, pages_with
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.show.piano_rolls import roll_data
from lib.show.players import player_html
from lib.sound.audio import write_mp3

NASTY = '"><img src=x onerror=alert(1)> 🎵 Ünïcode'
BARS = 4  # of two seconds

# Plays to the end, fast and silently; the seconds it took, by the sound's own clock.
TO_THE_END = """(audio) => new Promise((ended, failed) => {
    audio.muted = true;
    audio.playbackRate = 16;
    let reached = 0;
    audio.addEventListener("timeupdate", () => { reached = Math.max(reached, audio.currentTime); });
    audio.addEventListener("ended", () => ended([reached, audio.duration]));
    audio.addEventListener("error", () => failed(new Error(audio.error.message)));
    audio.play().catch(failed);
})"""
LENGTH = """(audio) => new Promise((known, failed) => {
    audio.addEventListener("loadedmetadata", () => known(audio.duration));
    audio.addEventListener("error", () => failed(new Error(`${audio.currentSrc}: ${audio.error.message}`)));
    audio.preload = "metadata";
    audio.load();
})"""


@pytest.mark.parametrize("name", pages_with("<audio"))
def test_every_sound_of_the_book_can_be_heard_and_ends(visit, name):
    window = visit(name)
    sounds = window.page.locator("audio")
    assert not [url for url in window.requests if url.endswith(".mp3")], "nothing before it is played"
    assert all(sounds.evaluate_all("all => all.map((audio) => audio.getAttribute('aria-label'))"))
    for sound in sounds.all():
        assert sound.evaluate(LENGTH) > 0
    reached, duration = sounds.first.evaluate(TO_THE_END)
    assert reached == pytest.approx(duration, abs=0.5)
    assert window.complaints == []


@pytest.mark.parametrize("name", pages_with('class="player"')[:1])
def test_only_one_plays(visit, name):
    page = visit(name).page
    first, second = page.locator("audio").all()[:2]
    for sound in (first, second):
        sound.evaluate("(audio) => { audio.muted = true; return audio.play(); }")
    assert first.evaluate("(audio) => audio.paused")
    assert not second.evaluate("(audio) => audio.paused")


@pytest.fixture(scope="module")
def score():
    """Four bars of two seconds with two instruments."""
    score = Score(480)
    score.tempos.append(Tempo(0, qpm=120))
    score.time_signatures.append(TimeSignature(0, 4, 4))
    for program in (0, 40):
        score.tracks.append(Track(program=program))
        for beat in range(4 * BARS):
            score.tracks[-1].notes.append(Note(480 * beat, 480, 60 + beat % 7 + program // 10, 90))
    return score


@pytest.fixture
def address(tmp_path, score):
    """A page with a piece, one without notes, and one whose file is missing."""
    write_mp3(score, tmp_path / "a b.mp3")
    roll = roll_data(score)
    return made_page(
        tmp_path,
        "<h1>Made</h1>"
        + "".join(
            [
                player_html("a%20b.mp3", NASTY, NASTY, {"MIDI": None}, roll, NASTY),
                player_html("a%20b.mp3", "plain", "", {}),
                player_html("missing.mp3", "missing", "", {}, roll),
            ]
        ),
        "player",
    )


@pytest.fixture
def window(visit, address):
    return visit(address)


@pytest.fixture
def player(window):
    """The piece with notes, muted."""
    found = window.page.locator("figure.player").first
    found.locator("audio").evaluate("(audio) => { audio.muted = true; }")
    return found


def test_it_says_what_it_is_as_text(window, player):
    assert player.locator("button").get_attribute("aria-label") == f"Play: {NASTY}, {NASTY}"
    assert player.locator("strong").inner_text() == NASTY
    assert window.page.locator("article img").count() == 0
    assert player.locator(".player-legend li").all_inner_texts() == ["piano", "strings"]
    assert window.complaints == []


def test_the_roll_is_drawn_in_the_colours_of_the_instruments(window, player):
    window.page.wait_for_function("document.querySelector('.player-canvas').width > 300")
    colours = player.locator("canvas").evaluate("""(canvas) => {
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const found = {};
        for (let place = 0; place < data.length; place += 4) if (data[place + 3] === 255) {
            const colour = `rgb(${data[place]}, ${data[place + 1]}, ${data[place + 2]})`;
            found[colour] = (found[colour] || 0) + 1;
        }
        return found;
    }""")
    signs = player.locator(".player-sign").evaluate_all("all => all.map((sign) => sign.style.background)")
    assert len(set(signs)) == 2
    for sign in signs:
        assert colours.get(sign, 0) > 200, colours


def test_the_button_plays_and_pauses_and_the_playhead_moves(window, player):
    page, audio = window.page, player.locator("audio")
    player.locator("button").click()
    page.wait_for_function("document.querySelector('audio').currentTime > 0.5")
    assert player.locator("button").get_attribute("aria-label").startswith("Pause: ")
    assert float(player.locator(".player-head").evaluate("(head) => head.style.left").rstrip("%")) > 0
    player.locator("button").press("Enter")
    assert audio.evaluate("(audio) => audio.paused")
    page.locator("audio").nth(1).evaluate("(audio) => { audio.muted = true; return audio.play(); }")
    player.locator("button").click()
    page.wait_for_function("document.querySelectorAll('audio')[1].paused")


def test_at_its_end_it_stands_at_its_beginning(window, player):
    reached, duration = player.locator("audio").evaluate(TO_THE_END)
    assert reached == pytest.approx(duration, abs=0.5)
    window.page.wait_for_function("document.querySelector('audio').currentTime === 0")
    assert player.locator("button").get_attribute("aria-label").startswith("Play: ")
    assert player.locator("[role=slider]").get_attribute("aria-valuenow") == "0.0"


@pytest.mark.parametrize("loaded", [False, True])
def test_arrow_keys_go_from_bar_to_bar(window, player, loaded):
    page, slider = window.page, player.locator("[role=slider]")
    if loaded:
        player.locator("audio").evaluate(LENGTH)
    slider.focus()
    steps = {
        "ArrowRight": 2,
        "ArrowUp": 3,
        "ArrowLeft": 2,
        "End": BARS,
        "Home": 1,
        "PageUp": BARS,
        "PageDown": 1,
    }
    for key, bar in steps.items():
        if key == "PageDown":
            page.keyboard.press("Home")
        page.keyboard.press(key)
        assert slider.get_attribute("aria-valuetext").startswith(f"bar {bar} of {BARS}, "), key
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.wait_for_function("!document.querySelector('audio').paused")
    page.wait_for_function("document.querySelector('audio').currentTime > 2")
    assert page.evaluate("scrollY") == 0
    assert window.complaints == []


def test_a_click_on_the_roll_goes_there(window, player):
    slider = player.locator("[role=slider]")
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert float(slider.get_attribute("aria-valuenow")) == pytest.approx(BARS, abs=0.2)  # half of the seconds


def test_a_missing_file_is_told_in_words_and_the_others_stay_whole(window, player):
    missing = window.page.locator("figure.player").nth(2)
    missing.locator("button").click()
    window.page.wait_for_function("document.querySelectorAll('.player-status')[2].textContent")
    assert "cannot be loaded" in missing.locator("[role=status]").inner_text()
    assert missing.locator("button").get_attribute("aria-label").startswith("Play: ")
    player.locator("button").click()
    window.page.wait_for_function("!document.querySelector('audio').paused")


def test_without_scripts_there_are_the_controls_of_the_browser(visit, address):
    for scripts, count in ((True, 0), (False, 3)):
        page = visit(address, java_script_enabled=scripts).page
        assert page.locator("audio[controls]").count() == count


def test_a_sound_without_notes_has_a_button_and_a_line(window):
    page, plain = window.page, window.page.locator("figure.player").nth(1)
    plain.locator("audio").evaluate("(audio) => { audio.muted = true; }")
    assert plain.locator("canvas").count() == 0
    slider = plain.locator("[role=slider]")
    assert slider.get_attribute("aria-valuetext") == "not loaded yet"
    plain.locator("button").click()
    page.wait_for_function("document.querySelectorAll('audio')[1].currentTime > 0.2")
    slider.press("ArrowRight")
    page.wait_for_function("document.querySelectorAll('audio')[1].currentTime > 5")
    assert slider.get_attribute("aria-valuetext").endswith(" of 0:08")
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    page.wait_for_function("document.querySelectorAll('audio')[1].currentTime < 4")
    assert window.complaints == []


def test_from_a_server_without_parts_of_files_one_can_still_go_anywhere(visit, served):
    """Python's own server, as here, answers every request with the whole file."""
    window = visit(f"{served}book/listen.html", offline=False)
    page = window.page
    sounds = lambda: [url for url in window.requests if url.endswith(".mp3")]  # noqa: E731
    assert sounds() == []
    player = page.locator(".listen-grid figure.player").first
    player.locator("audio").evaluate("(audio) => { audio.muted = true; }")
    slider = player.locator("[role=slider]")
    slider.press("PageUp")
    assert sounds() == [], "before it is played nothing is fetched"
    player.locator("button").click()
    sought = "document.querySelector('.listen-grid audio')"
    page.wait_for_function(f"{sought}.currentTime > 1")
    assert page.evaluate(f"{sought}.src").startswith("blob:")
    assert len(sounds()) == 1
    begins = page.evaluate("JSON.parse(document.querySelector('.listen-grid figure').dataset.roll).bars")
    slider.press("Home")
    page.wait_for_function(f"{sought}.currentTime < {begins[1]} && !{sought}.seeking")
    for _ in range(3):
        slider.press("ArrowRight")
    page.wait_for_function(f"{sought}.currentTime >= {begins[3]}")
    assert window.complaints == []
    missing = page.locator(".listen-grid figure.player").nth(1)
    missing.locator("audio").evaluate("(audio) => { audio.src = 'gone.mp3'; }")
    missing.locator("button").click()
    page.wait_for_function("document.querySelectorAll('.listen-grid .player-status')[1].textContent")
    assert "cannot be loaded" in missing.locator("[role=status]").inner_text()


def test_there_is_something_to_hear(site):
    assert {"notebooks/04_generation.html", "notebooks/06_noise.html"} <= set(pages_with("<audio"))
