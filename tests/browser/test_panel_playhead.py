"""The panel's piano roll in a browser: its line goes where the sound is."""

import pytest
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.show.piece_views import roll_html


@pytest.fixture
def score():
    """Eight bars of 4/4, two seconds each."""
    found = Score(480)
    found.time_signatures.append(TimeSignature(0, 4, 4))
    found.tempos.append(Tempo(0, 120))
    track = Track()
    for place in range(32):
        track.notes.append(Note(480 * place, 480, 60 + place % 12, 80))
    found.tracks.append(track)
    return found


def test_the_playhead_goes_where_the_sound_is(browser, score):
    page = browser.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content("<div class='widget-vbox'></div>")
    page.evaluate(
        """async html => {
          const part = document.createElement('div');
          part.innerHTML = html;  // as a widget does, before its panel stands on the page
          await new Promise((done) => setTimeout(done, 300));
          document.querySelector('.widget-vbox').append(document.createElement('audio'), part);
          await new Promise((done) => setTimeout(done, 500));
        }""",
        roll_html(score, "a piece"),
    )
    line, image = page.locator(".playhead"), page.locator("img")
    page.wait_for_function("document.querySelector('img').complete")
    assert line.is_hidden()

    def at(seconds):
        page.evaluate(
            """seconds => {
              const audio = document.querySelector('audio');
              Object.defineProperty(audio, 'currentTime', {configurable: true, get: () => seconds});
              audio.dispatchEvent(new Event('timeupdate'));
            }""",
            seconds,
        )
        return line.bounding_box()["x"] - image.bounding_box()["x"]

    width = image.bounding_box()["width"]
    left, right = (float(image.get_attribute(f"data-{side}")) / 100 * width for side in ("left", "right"))
    assert at(4.0) == pytest.approx(left + (right - left) / 4, abs=1.5)
    assert at(9.0) == pytest.approx(left + (right - left) * 4.5 / 8, abs=1.5)
    assert line.is_visible()
    assert not complaints
    page.close()
