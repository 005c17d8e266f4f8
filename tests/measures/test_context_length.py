"""How many notes an n-gram model remembers."""

from types import SimpleNamespace

import pandas as pd
import pytest

from lib.measures.context_length import notes_that_fit


def test_tokens_as_notes():
    store = SimpleNamespace(index=pd.DataFrame({"length": [300, 200], "notes": [70, 30]}))
    assert notes_that_fit(11, store) == pytest.approx(2)
    assert notes_that_fit(1, store) == 0
