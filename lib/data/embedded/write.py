"""The embedded corpus: real music that comes with music21, written as a folder of XMIDI-named MIDI files.

What is used is listed in `lib.data.embedded.sources`; how labels arise, in `lib.data.labelling.labels`. A
folder is written whole or not at all, has the same bytes for any number of workers, and is not written
again while nothing that decides its content has changed.
"""

import hashlib
import os
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from lib.basics.errors import BookError
from lib.basics.files import (
    explain_write_errors,
    hash_of_files,
    locked,
    make_folder,
    read_json,
    write_csv,
    write_json,
    write_text,
)
from lib.basics.kept import code_hash
from lib.basics.places import LIB
from lib.basics.progress import Progress
from lib.data.embedded.arrange import SourceError, arrange
from lib.data.embedded.sources import Collection, Source, Variant, collections_of, rights_notice, sources_of
from lib.data.labelling import labels
from lib.data.labelling.label_schemes import MANIFEST, MEDIANS, LabelRule, find_scheme
from lib.data.pieces import LeftOut, piece_name
from lib.profiles.profile import DEFAULT_LABELS

PIECES, LEFT_OUT, RIGHTS = "pieces.csv", "left_out.csv", "RIGHTS.txt"
# The smallest variant reads so many tunes or scores of each collection, chosen by a hash of their names, and
# writes so many of each pair of labels: rare labels are there, and common ones do not make it large.
SMOKE_TUNES, SMOKE_SCORES, SMOKE_PER_LABEL = 200, 48, 20
_CODE = code_hash(__name__)
_PIECE_COLUMNS = [
    "identifier",
    "name",
    "emotion",
    "genre",
    "collection",
    "source",
    "tune",
    "title",
    "key_field",
    "key",
    "mode",
    "notated_mode",
    "meter",
    "onsets_per_beat",
    "activity",
    "work",
    "function",
    "rights",
    "notes",
    "merged_notes",
    "irregular_bars",
    "bars_in_order",
]
# What a worker reads before it reports.
SCORES_AT_A_TIME, TUNES_AT_A_TIME = 4, 100


@dataclass(frozen=True)
class _Read:
    """A piece that was read: its MIDI bytes, what the labelling rule needs, columns of the table."""

    source: Source
    midi: bytes
    evidence: labels.Evidence
    columns: dict[str, object]


def write_embedded(variant: Variant, folder: Path, workers: int = 1, scheme: str = DEFAULT_LABELS) -> None:
    """Write the embedded corpus to `folder`, unless it is there already.

    Beside the MIDI files lie `pieces.csv` (a row a piece), `left_out.csv` (every piece not used, with stage
    and reason), `medians.csv` (by which lively is told from calm), `RIGHTS.txt` and `manifest.json`.

    Args:
        variant: 'embedded-smoke' (a few hundred pieces), 'embedded' (folk tunes and chorales), or
            'embedded-large' (with Palestrina, Monteverdi, the trecento and classical quartets too).
        folder: where; a folder that this function did not write is never touched.
        workers: processes that read; the result does not depend on them.
        scheme: of the labels, a name in :data:`lib.data.labelling.label_schemes.SCHEMES`.

    Raises:
        BookError: for an unknown scheme; when `folder` holds something else, or cannot be written.
    """
    folder = Path(folder)
    decided_by = _decided_by(variant, scheme)
    if _is_finished(folder, decided_by):
        return
    with explain_write_errors(folder):
        if folder.exists() and not (folder / MANIFEST).exists() and any(folder.iterdir()):
            raise BookError(
                f"The folder {folder} holds files but no {MANIFEST}, so it is not an embedded "
                "corpus: move it away or choose another folder."
            )
    make_folder(folder.parent)
    with locked(folder):
        if _is_finished(folder, decided_by):  # another process wrote it while this one waited
            return
        for abandoned in folder.parent.glob(f".{folder.name}-writing-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        with explain_write_errors(folder):
            beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-writing-", dir=folder.parent))
        try:
            _write(variant, beside, workers, decided_by)
            with explain_write_errors(folder):
                beside.chmod(0o755)
                if folder.exists():
                    shutil.rmtree(folder)
                beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _decided_by(variant: Variant, scheme: str) -> dict[str, str]:
    """All that decides a folder's content."""
    versions = {package: version(package) for package in ("music21", "symusic", "verovio")}
    files = hash_of_files((LIB / "data" / name for name in find_scheme(scheme).files), LIB)
    return {"variant": variant, "labels": scheme, "files": files, "code": _CODE, **versions}


def _is_finished(folder: Path, decided_by: dict[str, str]) -> bool:
    """Whether the folder was written by this code from this corpus and still has its pieces."""
    if not (folder / MANIFEST).is_file():
        return False
    try:
        manifest = read_json(folder / MANIFEST)
    except BookError:
        return False
    if not isinstance(manifest, dict) or manifest.get("decided_by") != decided_by:
        return False
    names = sum(entry.name.startswith("XMIDI_") for entry in os.scandir(folder))
    return names == manifest.get("pieces")


def _write(variant: Variant, folder: Path, workers: int, decided_by: dict[str, str]) -> None:
    """Read every source of the variant and write the whole folder."""
    collections = {collection.genre: collection for collection in collections_of(variant)}
    sources = [source for collection in collections.values() for source in _chosen(variant, collection)]
    scheme = find_scheme(decided_by["labels"])
    read, left_out = _read_all(sources, collections, workers, variant, scheme.name)
    medians = labels.find_medians(piece.evidence for piece in read)
    rows, content, written = [], hashlib.sha256(), Counter()
    for piece in read:
        emotion, reason = labels.emotion_of(piece.evidence, medians)
        if emotion is None:
            left_out.append(LeftOut(piece.source.name, "emotion", reason))
            continue
        written[emotion, piece.source.collection] += 1
        if variant == "embedded-smoke" and written[emotion, piece.source.collection] > SMOKE_PER_LABEL:
            continue
        name = piece_name(emotion, piece.source.collection, piece.source.identifier)
        with explain_write_errors(folder / name):
            (folder / name).write_bytes(piece.midi)
        content.update(f"{name}\0{len(piece.midi)}\0".encode() + piece.midi)
        rows.append({"name": name, "emotion": emotion, "genre": piece.source.collection, **piece.columns})
    if len({row["identifier"] for row in rows}) < len(rows):
        raise BookError(
            "Two pieces of the corpus have one identifier: lengthen it in lib/data/embedded/sources.py."
        )
    write_csv(folder / PIECES, _PIECE_COLUMNS, sorted(rows, key=lambda row: row["name"]))
    left_out.sort(key=lambda item: item.name)
    write_csv(folder / LEFT_OUT, ["name", "stage", "reason"], map(asdict, left_out))
    write_csv(folder / MEDIANS, ["collection", "meter", "median_activity"], LabelRule(scheme, medians).rows())
    write_text(folder / RIGHTS, rights_notice(tuple(collections.values())))
    write_json(
        folder / MANIFEST,
        {
            "decided_by": decided_by,
            "pieces": len(rows),
            "left_out": len(left_out),
            "content": content.hexdigest(),
        },
    )


def _chosen(variant: Variant, collection: Collection) -> list[Source]:
    """The sources of a collection that a variant reads."""
    sources = sources_of(collection)
    if variant != "embedded-smoke":
        return sources
    usable = [source for source in sources if not source.skip]
    count = SMOKE_TUNES if usable[0].tune else SMOKE_SCORES
    kept = sorted(usable, key=lambda source: source.identifier)[:count]
    return sorted(kept, key=lambda source: source.name)


def _read_all(
    sources: list[Source], collections: dict[str, Collection], workers: int, variant: str, scheme: str
) -> tuple[list[_Read], list[LeftOut]]:
    """Read all sources in parallel; results come in the order of the sources."""
    left_out = [LeftOut(source.name, "selection", source.skip) for source in sources if source.skip]
    used = [source for source in sources if not source.skip]
    # What takes longest goes first, so that no worker ends with it alone: scores by size, then the tunes.
    scores = [item for item in enumerate(used) if item[1].tune is None]
    scores.sort(key=lambda item: item[1].size, reverse=True)
    tunes = [item for item in enumerate(used) if item[1].tune]
    chunks = [*_chunks(scores, SCORES_AT_A_TIME), *_chunks(tunes, TUNES_AT_A_TIME)]
    progress = Progress(f"writing {variant}", len(used), unit="pieces")
    done: dict[int, _Read | LeftOut] = {}
    with warnings.catch_warnings():
        # A worker whose memory has grown is replaced by a fresh one; joblib warns of it.
        warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
        results = Parallel(n_jobs=workers, return_as="generator")(
            delayed(_read_chunk)([source for _, source in chunk], collections, scheme) for chunk in chunks
        )
        try:
            for chunk, result in zip(chunks, results, strict=True):
                done |= {position: item for (position, _), item in zip(chunk, result, strict=True)}
                progress.advance(len(chunk))
        except TerminatedWorkerError as error:
            raise BookError(
                f"A process that read the corpus for {variant} was ended from outside, perhaps "
                "for want of memory: try again with fewer workers."
            ) from error
    read = [done[position] for position in range(len(used))]
    left_out += [item for item in read if isinstance(item, LeftOut)]
    kept = [item for item in read if isinstance(item, _Read)]
    progress.finish(f"{len(left_out)} left out so far")
    return kept, left_out


def _chunks(items: list, size: int) -> Iterator[list]:
    """Consecutive parts of a list."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _read_chunk(
    sources: list[Source], collections: dict[str, Collection], scheme: str
) -> list[_Read | LeftOut]:
    """Read some sources; runs in a worker process."""
    return [_read_one(source, collections[source.collection], scheme) for source in sources]


def _read_one(source: Source, collection: Collection, scheme: str) -> _Read | LeftOut:
    """Read one source into MIDI bytes and evidence, or say why not."""
    try:
        reading = source.read()
        arranged = arrange(reading)
    except SourceError as error:
        return LeftOut(source.name, error.stage, error.reason)
    score = arranged.score
    tune = source.tune
    evidence = labels.examine(
        score,
        source.collection,
        find_scheme(scheme).measure,
        collection.mode_source,
        tune.key if tune else None,
    )
    columns = {
        "identifier": source.identifier,
        "collection": source.path.split("/")[0],
        "source": source.path,
        "tune": tune.number if tune else "",
        "title": source.title,
        "key_field": tune.field("K") if tune else "",
        "key": evidence.key,
        "mode": evidence.mode,
        "notated_mode": source.notated_mode,
        "meter": evidence.meter,
        "onsets_per_beat": labels.onsets_per_beat(score),
        "activity": evidence.activity,
        "work": source.work,
        "function": tune.field("R") if tune else "",
        "rights": collection.rights,
        "notes": score.note_num(),
        "merged_notes": arranged.merged,
        "irregular_bars": arranged.irregular_bars,
        "bars_in_order": reading.bars_in_order,
    }
    return _Read(source, score.dumps_midi(), evidence, columns)
