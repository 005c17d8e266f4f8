"""Minutes in class are counted, and every chapter fits a session of ninety."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lib.publish.chapters import chapters
from lib.publish.for_class.reading_time import Section, sections

EXERCISE = """## Exercises

````{admonition} 1. One
:class: tip
Do it now.

```{admonition} Solution
:class: dropdown
Many words that nobody reads in class.
```
````"""


def test_a_section_is_counted_without_what_is_folded():
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# Title\n\nTwo words.\n\n## Next\n\nIt is {glue:text}`a-b:.2f` nats."),
            new_code_cell("a = 1\n\nb = 2", metadata={"mystnb": {"figure": {"caption": "x"}}}),
            new_code_cell("c = 3", metadata={"tags": ["hide-input"]}),
            new_markdown_cell(EXERCISE),
        ]
    )
    assert sections(notebook) == [
        Section("Title", words=2),
        Section("Next", words=4, lines=2, figures=1),
        Section("Exercises", words=3, exercises=1),
    ]
    assert sections(notebook)[1].minutes == pytest.approx(4 / 150 + 8 / 60 + 2)


@pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.name)
def test_every_chapter_with_its_exercises_fits_ninety_minutes(chapter):
    assert sum(section.minutes for section in sections(chapter.read())) <= 90
