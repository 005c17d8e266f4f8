"""The page on citing, CITATION.cff and the package say the same."""

import tomllib

import yaml

from lib.basics.places import BOOK, PROJECT


def test_title_authors_and_version_agree():
    page = " ".join((BOOK / "cite.md").read_text(encoding="utf-8").replace(">", " ").split())
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    package = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == package["version"]
    assert f"(version {citation['version']})" in page
    assert f"version = {{{citation['version']}}}" in page
    assert f"*{citation['title']}*" in page
    assert citation["title"] in page.replace("{LSTM}", "LSTM").replace("{XMIDI}", "XMIDI")
    assert page.count(citation["authors"][0]["name"]) == 2


def test_the_doi_stands_in_both_or_in_neither():
    page = (BOOK / "cite.md").read_text(encoding="utf-8")
    doi = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8")).get("doi")
    if doi is None:
        assert "**DOI:** none yet." in page
        assert "10.5281" not in page
    else:
        assert f"https://doi.org/{doi}" in page.partition("**DOI:**")[2].partition("\n\n")[0]
        assert f"doi     = {{{doi}}}" in page
