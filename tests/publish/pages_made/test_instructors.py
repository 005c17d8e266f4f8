"""The page for instructors: run times and exercises are the executed notebooks' own."""

from nbformat.v4 import new_markdown_cell, new_notebook

from lib.publish.chapters import chapters
from lib.publish.opening import promised
from lib.publish.pages_made.instructors import EXERCISES, SESSIONS, TIMES, exercises, instructors_page

BOX = """# A chapter

```{admonition} This chapter
:class: note
**You will learn** what a box is.

**It needs** nothing.

**It runs** alone: from nothing in less than twelve minutes, and in less than one minute once the data exist
(profile `laptop`, 2 cores).
```
"""
EXERCISE = """````{{admonition}} {title}
:class: tip
Do it.

```{{admonition}} Solution
:class: dropdown
Done.
```
````
"""


def notebook(*sources):
    return new_notebook(cells=[new_markdown_cell(source) for source in sources])


def test_exercises_are_found_one_by_one():
    text = EXERCISE.format(title="1. First") + "\n" + EXERCISE.format(title="2. Second")
    assert exercises(notebook(text)) == [("1. First", True), ("2. Second", True)]


def test_an_exercise_without_a_folded_solution_is_told():
    text = "````{admonition} 1. Alone\n:class: tip\nDo it.\n````\n"
    assert exercises(notebook(text)) == [("1. Alone", False)]


def test_the_box_states_its_times_in_words():
    assert promised(notebook(BOX)) == (12, 1)
    assert promised(notebook(BOX.replace("less than twelve", "about twelve"))) is None
    assert promised(notebook("# A chapter")) is None


def test_every_chapter_opens_with_the_box_and_closes_with_solved_exercises():
    for chapter in chapters():
        source = chapter.read()
        assert promised(source), f"{chapter.name} has no opening box of the book's form"
        found = exercises(source)
        assert len(found) >= 2, f"{chapter.name} has {len(found)} exercises"
        assert all(solved for _, solved in found), f"{chapter.name} leaves an exercise without its solution"


def test_titles_are_text_on_the_page(tiny_book):
    chapter = tiny_book.notebook("01_<b>", "1")
    copy = tiny_book.copy(chapter)
    copy.notebook.cells.append(new_markdown_cell(EXERCISE.format(title="1. <script>")))
    page = instructors_page(f"{TIMES}\n{SESSIONS}\n{EXERCISES}", [copy])
    assert "1. &lt;script&gt;" in page
    assert "<b>" not in page.replace("notebooks/01_<b>", "")
    assert "2 s" in page
    assert "<td>A chapter</td>" in page
