import json

import pytest

from lib.basics.errors import BookError
from lib.publish.record import RECORD_FILE, refuse_trial, write_record


def test_a_site_with_real_results_passes_and_tells_its_profile(tmp_path):
    write_record(tmp_path, "laptop", trial=False)
    assert refuse_trial(tmp_path) == "laptop"


def test_a_trial_is_refused(tmp_path):
    write_record(tmp_path, "smoke", trial=True)
    with pytest.raises(BookError, match=r"is a trial \(profile 'smoke'\) and must not be published"):
        refuse_trial(tmp_path)


@pytest.mark.parametrize(
    "content", [None, "", "not json", "[]", "null", "{}", '{"profile": "laptop"}', '{"trial": false}']
)
def test_a_site_that_does_not_tell_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / RECORD_FILE).write_text(content)
    with pytest.raises(BookError, match=r"no .*site\.json that tells which profile .* must not be published"):
        refuse_trial(tmp_path)


@pytest.mark.parametrize("trial", [True, None, "false", 0])
def test_only_a_plain_no_is_no_trial(tmp_path, trial):
    (tmp_path / RECORD_FILE).write_text(json.dumps({"profile": "laptop", "trial": trial}))
    with pytest.raises(BookError, match="is a trial"):
        refuse_trial(tmp_path)


def test_the_site_that_was_built_is_looked_at_unless_another_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_HOME", str(tmp_path))
    site = tmp_path / "_build" / "html"
    site.mkdir(parents=True)
    write_record(site, "gpu", trial=False)
    assert refuse_trial() == "gpu"
