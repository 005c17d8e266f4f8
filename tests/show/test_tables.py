"""Tables are escaped, formatted and mark what is quoted."""

import pandas as pd

from lib.show.tables import html_table, with_interval


def table(**options):
    frame = pd.DataFrame(
        {"model": ["LSTM", "<b>"], "tokens": [1_500_000, 3], "loss": [0.64321, None], "change": [-0.5, 0.25]},
        index=["lstm", "original"],
    )
    return html_table(frame, "Models & losses", **options).data


def test_numbers():
    page = table(formats={"change": "+.1f"})
    assert "1,500,000" in page
    assert ">0.643<" in page
    assert ">–<" in page
    assert ">−0.5<" in page
    assert ">+0.2<" in page


def test_a_column_of_counts_with_a_gap_has_no_decimals():
    page = html_table(
        pd.DataFrame({"of": ["a", "b"], "count": [119984.0, None], "share": [1.0, 0.0]}), ""
    ).data
    assert ">119,984<" in page
    assert ">1.000<" in page


def test_no_head_is_a_name_from_the_code():
    page = html_table(pd.DataFrame([["-0.02 (2)", 1]], columns=["last_validation_loss", "of_bound"]), "").data
    assert ">last validation loss<" in page
    assert ">of bound<" in page
    assert ">−0.02 (2)<" in page


def test_text_is_escaped():
    page = table(note="a < b")
    assert "<b>" not in page
    assert "Models &amp; losses</caption>" in page
    assert "a &lt; b" in page


def test_quoted_rows_say_so_in_words():
    assert "(quoted)" not in table()
    assert "&lt;b&gt; (quoted)</th>" in table(quoted=["original"])


def test_heads_have_scopes():
    assert table().count('scope="col"') == 4
    assert table().count('scope="row"') == 2


def test_the_heads_of_rows_and_the_head_above_them_stand_at_the_left():
    page = html_table(pd.DataFrame({"depth": [3, 4], "loss": [1.0, 1.5]}), "Depths").data
    assert '<th scope="col">depth</th>' in page
    assert page.count("text-align:right") == 3
    assert "<table" in html_table(pd.DataFrame(), "Nothing").data


def test_interval():
    assert with_interval(-0.1234, -0.2, 0.05, 2) == "−0.12 [−0.20,\N{NO-BREAK SPACE}0.05]"
    assert with_interval(-0.0001, 0, 1, 2) == "0.00 [0.00,\N{NO-BREAK SPACE}1.00]"
    assert with_interval(float("nan"), 0, 1) == "–"
