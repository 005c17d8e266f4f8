"""What of music21's corpus is used."""

from lib.data.embedded import sources
from lib.data.embedded.sources import COLLECTIONS, Source, collections_of, non_commercial_genres, sources_of

BY_GENRE = {collection.genre: collection for collection in COLLECTIONS}


def test_every_collection_is_found_and_every_source_has_its_own_identifier():
    found = {genre: sources_of(collection) for genre, collection in BY_GENRE.items()}
    assert {genre: len(pieces) > 10 for genre, pieces in found.items()} == dict.fromkeys(BY_GENRE, True)
    names = [source.name for pieces in found.values() for source in pieces]
    identifiers = {source.identifier for pieces in found.values() for source in pieces}
    assert len(set(names)) == len(names) == len(identifiers)
    assert all(len(identifier) == 8 and identifier.isalnum() for identifier in identifiers)


def test_the_essen_collection_is_divided_and_its_terms_are_known():
    german = sources_of(BY_GENRE["german"])
    assert not any("han" in source.path for source in german)
    skipped = {source.path.split("/")[1] for source in german if source.skip}
    assert {"irl.abc", "test0.abc"} <= skipped
    assert not any(source.skip for source in sources_of(BY_GENRE["chinese"]))
    assert set(non_commercial_genres()) == {"german", "chinese"}


def test_the_rights_notice_carries_the_source_s_own_words():
    notice = sources.rights_notice(collections_of("embedded"))
    assert "non-commercial distribution and use" in notice
    assert "chinese" in notice
    assert "palestrina" not in notice


def test_the_large_variant_adds_collections():
    small, large = collections_of("embedded"), collections_of("embedded-large")
    assert large[: len(small)] == small
    added = {collection.genre for collection in large[len(small) :]}
    assert added == {"palestrina", "monteverdi", "trecento", "classical"}


def test_parts_of_one_work_share_its_name():
    assert Source("chorale", "bach/bwv112.5-sc.mxl", None).work == "bwv112"
    assert Source("classical", "mozart/k155/movement1.mxl", None).work == "mozart/k155"
    assert Source("classical", "beethoven/opus74.mxl", None).work == "beethoven/opus74"
    assert Source("monteverdi", "monteverdi/madrigal.3.1_old.mxl", None).work == "madrigal.3.1"
    masses = [source.work for source in sources_of(BY_GENRE["palestrina"])[:200]]
    assert 1 < len(set(masses)) < 150
    assert sources_of(BY_GENRE["irish"])[0].work == ""
