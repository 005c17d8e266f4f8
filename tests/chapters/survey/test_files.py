"""Answer files as raters, spreadsheets and forms deliver them: read, or refused with file, row and reason."""

import json
import re

import pytest

from lib.basics.errors import BookError
from lib.chapters.survey.answer_rows import PAGE_COLUMNS
from lib.chapters.survey.files import read_answers, read_folder
from lib.chapters.survey.keys import read_key

HEADER = ",".join(PAGE_COLUMNS)
ROWS = ["s1,r1,en,1,aa,1,4,5,2,20.5", "s1,r1,en,2,bb,1,1,2,3,31", "s1,r1,en,3,aa,2,4,4,2,12"]
PAGE = "\r\n".join([HEADER, *ROWS]) + "\r\n"
FORM = (
    '"時間戳記","電子郵件地址","第一首 [情緒]","第一首 [曲風]","第一首 [人類]","bb [emotion]","意見"\n'
    '"2026/11/24 上午 9:00:00 [GMT+8]","a@example.org","5","4","3","1","很好"\n'
    '"2026/11/24 上午 9:05:00 [GMT+8]","b@example.org","2","","4","","有, 逗號"\n'
)
KEY = {
    "survey": "s1",
    "pieces": {
        "aa": {"file": "XMIDI_sad_pop_1.midi", "origin": "composed", "emotion": "sad", "genre": "pop"},
        "bb": {"file": "XMIDI_sad_pop_2.midi", "origin": "real", "emotion": "sad", "genre": "pop"},
    },
}


@pytest.fixture
def write(tmp_path):
    def write_file(content: str | bytes, name: str = "answers.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def page(*rows: str) -> str:
    return "\n".join([HEADER, *rows])


def reasons(found):
    return [(problem.file, problem.row, problem.reason) for problem in found.problems.itertuples()]


def test_a_file_of_the_page(write):
    found = read_answers([write(PAGE)])
    assert found.answers[["piece", "presentation", "emotion", "human"]].to_numpy().tolist() == [
        ["aa", 1, 4, 2],
        ["bb", 1, 1, 3],
        ["aa", 2, 4, 2],
    ]
    assert found.problems.empty
    assert found.files.iloc[0].to_dict() == {
        "file": "answers.csv",
        "kind": "survey page",
        "encoding": "utf-8",
        "rows": 3,
        "used": 3,
    }


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "big5", "cp950"]
)
@pytest.mark.parametrize("content", [PAGE, FORM], ids=["page", "form"])
def test_every_encoding_gives_the_same_answers(write, content, encoding):
    plain = read_answers([write(content)]).answers
    again = read_answers([write(content.encode(encoding))]).answers
    assert again.equals(plain)


def test_separators_of_spreadsheets(write):
    for separator in (";", "\t"):
        assert len(read_answers([write(PAGE.replace(",", separator))]).answers) == 3


def test_a_google_forms_export(write):
    found = read_answers([write(FORM)])
    first, second, third = found.answers.to_dict("records")
    assert (first["piece"], first["emotion"], first["genre"], first["human"]) == ("第一首", 5, 4, 3)
    assert (second["piece"], second["emotion"]) == ("bb", 1)
    assert found.answers["genre"].isna().tolist() == [False, True, True]
    assert first["rater"] == second["rater"] != third["rater"]
    assert found.files.iloc[0]["kind"] == "Google Forms"


def test_no_address_is_kept(write):
    found = read_answers([write(FORM + FORM.splitlines()[1].replace('"5"', '"1"') + "\n")])
    for table in (found.answers, found.problems, found.files):
        assert "example.org" not in table.to_csv()
    assert reasons(found) == [
        (
            "answers.csv",
            4,
            "it repeats a submission by this person in answers.csv, "
            "row 2, with other scores; the first one counts",
        )
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("s1,r1,en,1,aa,1,0,5,2,20", "the score '0' in 'emotion' is not a whole number from 1 to 5"),
        ("s1,r1,en,1,aa,1,4,6,2,20", "the score '6' in 'genre' is not a whole number from 1 to 5"),
        ("s1,r1,en,1,aa,1,4,5,2.5,20", "the score '2.5' in 'human' is not a whole number from 1 to 5"),
        ("s1,r1,en,1,aa,1,4,5,-1,20", "the score '-1' in 'human' is not a whole number from 1 to 5"),
        ("s1,r1,en,1,aa,1,4,5,good,20", "the score 'good' in 'human' is not a whole number from 1 to 5"),
        ("s1,r1,en,1,aa,1,4,5,2", "it has 9 cells, the header has 10"),
        ("s1,,en,1,aa,1,4,5,2,20", "it has no valid rater"),
        ("s1,r1,en,1,,1,4,5,2,20", "it has no valid piece"),
        ("s1,r1,en,1,aa,3,4,5,2,20", "presentation is '3', not 1 or 2"),
        ("s1,r1,en,x,aa,1,4,5,2,20", "position is 'x', not a number"),
        ("s1,r1,en,1,aa,1,4,5,2,soon", "heard_seconds is 'soon', not a number"),
        ("s1,r1,en,1,aa,1,,,,20", "none of its questions is answered"),
        ("s1,r1,en,1,aa,1,4,5,2,0.0", "it was answered without listening (0 s heard)"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_reason(write, row, reason):
    found = read_answers([write(page(row, "s1,r2,en,1,aa,1,4,5,2,20"))])
    assert reasons(found) == [("answers.csv", 2, reason)]
    assert found.answers["rater"].tolist() == ["r2"]
    assert found.files.iloc[0]["used"] == 1


def test_scores_as_spreadsheets_write_them(write):
    found = read_answers([write(page("s1,r1,en,1,aa,1,4.0, 5 ,,20"))])
    assert found.answers[["emotion", "genre"]].to_numpy().tolist() == [[4, 5]]
    assert found.answers["human"].isna().all()


def test_duplicate_submissions(write):
    first, again = write(PAGE, "a.csv"), write(PAGE, "b.csv")
    other = write(page("s1,r1,en,1,aa,1,1,1,1,20"), "c.csv")
    found = read_answers([first, again, other])
    assert len(found.answers) == 3
    assert reasons(found) == [
        *(
            ("b.csv", row, f"it repeats this rater's answers to this piece in a.csv, row {row}")
            for row in (2, 3, 4)
        ),
        (
            "c.csv",
            2,
            "it repeats this rater's answers to this piece in a.csv, row 2, with other scores; the "
            "first one counts",
        ),
    ]
    assert found.files["used"].tolist() == [3, 0, 0]


def test_the_same_form_row_in_two_exports_counts_once(write):
    plain = re.sub(r'"(電子郵件地址|\w@example\.org)",', "", FORM)
    found = read_answers([write(plain, "a.csv"), write(plain, "b.csv")])
    assert len(found.answers) == 3
    assert [(file, row) for file, row, _ in reasons(found)] == [("b.csv", 2), ("b.csv", 3)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty"),
        (PAGE.replace(",human", ",person"), "of the survey page's columns it lacks human"),
        (re.sub(r'"(時間戳記|2026[^"]*)",', "", FORM), "the column 'Timestamp' (時間戳記) of a Google"),
        (FORM.replace("第一首 [曲風]", "第一首 [emotion]"), "asks 'emotion' of '第一首' twice"),
        ("name,age\nx,3\n", "its first row is neither"),
        (PAGE.replace("language", "rater", 1), "the column 'rater' stands in it twice"),
        (b"PK\x03\x04rest", "it is a zip archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "it is a workbook of an old Excel"),
        ("\ufeff".encode("utf-16-le") + b"a", "it begins like UTF-16 but is not"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_others_are_read(write, content, reason):
    found = read_answers([write(content, "bad.csv"), write(PAGE)])
    assert [(file, row) for file, row, _ in reasons(found)] == [("bad.csv", 0)]
    assert reason in found.problems["reason"].iloc[0]
    assert len(found.answers) == 3


def test_missing_files_and_folders(write, tmp_path):
    found = read_answers([tmp_path / "nowhere.csv", tmp_path, write(PAGE)])
    assert [reason for _, _, reason in reasons(found)] == ["the file does not exist", "it is not a file"]


def test_when_nothing_can_be_used_one_sentence_says_why(write):
    with pytest.raises(BookError, match=r"None of the 1 files .* bad\.csv, row 2: the score '9'"):
        read_answers([write(page("s1,r1,en,1,aa,1,9,5,2,20"), "bad.csv")])
    with pytest.raises(BookError, match="no row is below its header"):
        read_answers([write(HEADER)])
    with pytest.raises(BookError, match="No answer files"):
        read_answers([])


def test_messages_hold_no_control_characters(write):
    found = read_answers([write(page("s1,r1,en,1,aa,1,\x1b[31m,5,2,20", ROWS[1]))])
    assert "\x1b" not in found.problems["reason"].iloc[0]


def test_the_key_tells_origins_and_refuses_strangers(write):
    form = FORM.replace("第一首", "XMIDI_sad_pop_1")
    other = page("s2,r7,en,1,aa,1,4,5,2,20", "s1,r7,en,2,cc,1,4,5,2,20")
    found = read_answers([write(PAGE, "a.csv"), write(form, "b.csv"), write(other, "c.csv")], KEY)
    assert found.answers["origin"].tolist() == ["composed", "real", "composed"] * 2
    assert found.answers["asked_emotion"].unique().tolist() == ["sad"]
    assert reasons(found) == [
        ("c.csv", 2, "it belongs to another survey, 's2'"),
        ("c.csv", 3, "the key knows no piece 'cc'"),
    ]
    assert found.files["used"].tolist() == [3, 2, 0]


def test_a_folder_of_answers(write, tmp_path):
    assert read_folder(tmp_path) is None
    write(PAGE)
    assert "origin" not in read_folder(tmp_path).answers
    write(json.dumps(KEY), "survey.key.json")
    assert read_folder(tmp_path).answers["origin"].notna().all()
    write(json.dumps(KEY), "other.key.json")
    with pytest.raises(BookError, match="2 keys"):
        read_folder(tmp_path)
    with pytest.raises(BookError, match="does not exist"):
        read_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["[]", '{"survey": "x"}', '{"survey": "x", "pieces": {"a": {}}}', "no"])
def test_a_file_that_is_no_key_is_refused(write, content):
    with pytest.raises(BookError, match=r"key\.json"):
        read_key(write(content, "wrong.key.json"))


# What people send. Of each file two rows are to be used, unless it says otherwise.
GRID = "Timestamp,Piece 1 [emotion],Piece 1 [genre],Piece 1 [human]"
FIRST, SECOND = "2026/11/20 3:00:12 PM GMT+1,2,5,1", "2026/11/21 3:01:12 PM GMT+1,1,4,4"
SENT = {
    "commas_in_titles": "\n".join(
        [
            GRID.replace(",", ";").replace("Piece", "Listen, then rate, piece"),
            FIRST.replace(",", ";"),
            SECOND.replace(",", ";"),
        ]
    ),
    "a_line_that_names_the_separator": f"sep=,\r\n{GRID}\r\n{FIRST}\r\n{SECOND}\r\n",
    "empty_cells_cut_off": f"{GRID},More?,Age\n{FIRST},nice\n{SECOND}",
    "empty_cells_added": f"{GRID},,\n{FIRST},,,,\n{SECOND},,",
    "comment_columns_twice": f"{GRID},Comments,Comments\n{FIRST},a,b\n{SECOND},c,d",
    "header_in_another_language": f"{GRID.replace('Timestamp', 'Zeitstempel')}\n{FIRST}\n{SECOND}",
    "western_code_page": f"{GRID.replace('Piece', 'Pièce')}\n{FIRST}\n{SECOND}".encode("cp1252"),
    "code_page_of_a_mac": f"{GRID.replace('Piece', 'Stück')},Größer?\n{FIRST},schön\n{SECOND},".encode(
        "mac_roman"
    ),
    "code_page_of_mainland_china": f"{GRID.replace('Piece', '第一首')},意见\n{FIRST},好听\n{SECOND},".encode(
        "gbk"
    ),
    "lines_that_end_in_a_return": f"{GRID}\r{FIRST}\r{SECOND}\r",
    "decimal_commas": "\n".join([GRID, FIRST, SECOND]).replace(",", ";").replace(";2;5;1", ";2,0;5,00;1,0"),
    "a_quote_that_never_closes_in_the_header": GRID.replace("Piece 1 [genre]", '"Piece 1 [genre]')
    + f"\n{FIRST}\n{SECOND}",
}


@pytest.mark.parametrize("content", SENT.values(), ids=SENT.keys())
def test_files_as_people_send_them(write, content):
    found = read_answers([write(content)])
    assert found.answers[["emotion", "genre", "human"]].to_numpy().tolist() == [[2, 5, 1], [1, 4, 4]]
    assert found.problems.empty
    assert "?" not in found.answers["piece"][0]
    assert len(found.answers["piece"].unique()) == 1


def test_titles_are_read_in_the_code_page_of_their_letters(write):
    pieces = {
        name: read_answers([write(SENT[name])]).answers["piece"][0] for name in SENT if "code_page" in name
    }
    assert pieces == {
        "western_code_page": "Pièce 1",
        "code_page_of_a_mac": "Stück 1",
        "code_page_of_mainland_china": "第一首 1",
    }


def test_a_broken_row_costs_itself_alone(write):
    broken = '2026/11/19 3:00:12 PM GMT+1,"2,5,1'
    swallowing = [f'{FIRST},"nice', f"{SECOND},so so", '2026/11/22 3:01:12 PM GMT+1,3,3,3,good"']
    for content, used, rows in (
        (f"{GRID}\n{FIRST}\n{broken}\n{SECOND}", 3, []),
        (f"{GRID}\n{FIRST}\nwhat is this?\n{SECOND}", 2, [3]),
        (f"{GRID}\n{FIRST},1,2\n{SECOND}", 1, [2]),
        ("\n".join([f"{GRID},Comments", *swallowing]), 3, []),
    ):
        found = read_answers([write(content)])
        assert len(found.answers) == used, content
        assert [row for _, row, _ in reasons(found)] == rows, content


def test_a_comment_of_several_lines_is_one_cell(write):
    found = read_answers([write(f'{GRID},Comments\n{FIRST},"one\ntwo, and\nthree"\n{SECOND},')])
    assert len(found.answers) == 2
    assert found.problems.empty


@pytest.mark.parametrize("header", ["E-Mail-Adresse", "Your mail, please", "Username"])
def test_an_address_tells_second_submissions_under_any_header(write, header):
    def row(address, scores):
        return f"2026/11/2{scores[0]} 3:00:12 PM GMT+1,{address},{scores}"

    head = GRID.replace("Timestamp", f'Timestamp,"{header}"')
    found = read_answers(
        [
            write(
                "\n".join(
                    [
                        head,
                        row("a@x.example", "1,2,3"),
                        row("b@x.example", "2,2,3"),
                        row("A@x.example", "3,2,3"),
                    ]
                )
            )
        ]
    )
    assert len(found.answers) == 2
    assert [(row, "by this person" in reason) for _, row, reason in reasons(found)] == [(4, True)]


def test_identifiers_that_a_spreadsheet_took_for_numbers_are_found_again(write):
    key = {
        "survey": "123456789012",
        "pieces": {
            name: KEY["pieces"]["aa"] | {"file": f"{name}.midi"}
            for name in ("00123456", "1234e567", "aa", "7")
        },
    }
    rows = [
        "123456789012,r1,en,1,aa,1,1,2,3,12.5",
        "1.23457E+11,r1,en,2,123456,1,1,2,3,12.5",
        "123456789012,r2,en,1,123456,1,1,2,3,12.5",
        "123456789012,r2,en,2,1.234E+570,1,1,2,3,12.5",
        "123456789012,r2,en,3,99,1,1,2,3,12.5",
        "123456789013,r2,en,3,aa,1,1,2,3,12.5",
    ]
    found = read_answers([write(page(*rows))], key)
    assert found.answers["piece"].tolist() == ["aa", "00123456", "00123456", "1234e567"]
    assert [(row, what.split()[5]) for row, what in found.mended[["row", "what"]].to_numpy()] == [
        (3, "'00123456'"),
        (4, "'00123456'"),
        (5, "'1234e567'"),
    ]
    assert [row for _, row, _ in reasons(found)] == [6, 7]
    german = page(*rows[2:4]).replace(",", ";").replace("12.5", "12,5").replace("1.234E", "1,234E")
    assert read_answers([write(german)], key).answers["piece"].tolist() == ["00123456", "1234e567"]


def test_a_page_that_lies_there_twice_with_changed_identifiers_counts_once(write):
    key = {"survey": "s1", "pieces": {"0012": KEY["pieces"]["aa"]}}
    plain, changed = (
        write(page(f"s1,r1,en,1,{piece},1,4,5,2,20"), f"{piece}.csv") for piece in ("0012", "12")
    )
    found = read_answers([plain, changed], key)
    assert len(found.answers) == 1
    assert reasons(found) == [
        ("12.csv", 2, "it repeats this rater's answers to this piece in 0012.csv, row 2")
    ]
