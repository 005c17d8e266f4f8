"""Fetching XMIDI and holding it against its published counts.

The archive is foreign: nothing of it decides where a file is written. Only members with an XMIDI name are
taken, each by its bare name into one folder; links, devices, encrypted members and members over the limits
are not.
"""

import hashlib
import shutil
import tempfile
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from stat import S_IFMT, S_IFREG

import pandas as pd

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, locked, make_folder, write_json
from lib.basics.places import REFERENCE, data_folder, shown
from lib.basics.progress import Progress
from lib.data.pieces import parse_name, read_folder

FILE_ID = "1qDkSH31x7jN8X-2RyzB9wuxGji4QxYyA"
ADDRESS = f"https://drive.google.com/file/d/{FILE_ID}/view"
ABOUT = """XMIDI: Sida Tian, Can Zhang, Wei Yuan, Wei Tan and Wenjie Zhu, "XMusic: Towards a Generalized and
Controllable Symbolic Music Generation Framework", IEEE Transactions on Multimedia, 2025, arXiv 2501.08809.
Its page states no licence: ask the authors before you pass on its files or what you made of them."""

LARGEST_FILE = 16 << 20
"""Bytes of one unpacked file; a MIDI file of an hour has a tenth of that."""
LARGEST_TOTAL = 40 << 30
MOST_FILES = 1_000_000
_READ = 1 << 16


@dataclass
class Unpacked:
    """What an archive gave: files written, and every member passed over, as (name, reason)."""

    files: int = 0
    bytes: int = 0
    passed_over: list[tuple[str, str]] = field(default_factory=list)


def default_folder() -> Path:
    """Where XMIDI lies when nobody says otherwise."""
    return data_folder() / "XMIDI"


def default_archive() -> Path:
    """Where its archive lies."""
    return data_folder() / "XMIDI.zip"


def by_hand(archive: Path) -> str:
    """How to place the archive by hand, in two lines."""
    return (
        f"By hand: open {ADDRESS} in a browser, download the archive,\n"
        f"put it at {shown(archive)} and run the same command again."
    )


def download(archive: Path) -> Path:
    """Download the published archive with gdown, going on behind what an earlier call has downloaded.

    Raises:
        BookError: offline, refused by the host, or interrupted on the way.
    """
    if archive.is_file():
        return archive
    make_folder(archive.parent)
    import gdown  # here, since it is slow to import and seldom needed

    try:
        gdown.download(id=FILE_ID, output=str(archive), resume=True, timeout=60, retries=3, use_cookies=False)
    except OSError as error:
        if getattr(error, "errno", None) in (28, 122):
            raise BookError(f"Cannot write {archive}: the disk is full.") from error
        raise _no_download(error) from error
    except Exception as error:  # gdown's own, and those of the libraries below it
        raise _no_download(error) from error
    if not archive.is_file():
        raise _no_download(RuntimeError("nothing arrived"))
    return archive


def _no_download(error: Exception) -> BookError:
    text = " ".join(str(error).split())
    if "Max retries exceeded" in text or "resolve" in text:
        text = "its host cannot be reached"
    return BookError(f"XMIDI could not be downloaded ({text[:200]}).")


def unpack(archive: Path, folder: Path) -> Unpacked:
    """Unpack an archive's XMIDI-named files into a new folder, all or nothing.

    Raises:
        BookError: when the file is no whole ZIP archive, holds no XMIDI file or too much, or `folder` holds
            something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BookError(
            f"The folder {folder} holds something already: move it away, or check it with "
            f"'python -m lib xmidi verify {folder}'."
        )
    if not zipfile.is_zipfile(archive):
        raise BookError(
            f"{archive} is no ZIP archive or is cut off (a host that refuses sends a web page "
            "instead): delete it and fetch it again. An archive of another kind you unpack "
            "yourself and check with 'python -m lib xmidi verify FOLDER'."
        )
    make_folder(folder.parent)
    for abandoned in folder.parent.glob(f".{folder.name}-unpacking-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    with explain_write_errors(folder):
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-unpacking-", dir=folder.parent))
    try:
        unpacked = _unpack_members(archive, beside)
        with explain_write_errors(folder):
            beside.chmod(0o755)
            if folder.exists():
                folder.rmdir()
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return unpacked


def _unpack_members(archive: Path, folder: Path) -> Unpacked:
    unpacked, seen = Unpacked(), {}
    try:
        with zipfile.ZipFile(archive) as content:
            members = [member for member in content.infolist() if not member.is_dir()]
            if len(members) > MOST_FILES or sum(member.file_size for member in members) > LARGEST_TOTAL:
                raise BookError(
                    f"{archive} would unpack to more than {MOST_FILES:,} files or "
                    f"{LARGEST_TOTAL >> 30} GiB: that is not XMIDI."
                )
            progress = Progress("unpacking", len(members), unit="files")
            for member in members:
                name = PurePosixPath(member.filename.replace("\\", "/")).name
                reason = _problem(member, name)
                if not reason and seen.setdefault(name, member.CRC) != member.CRC:
                    reason = "another file of this name came before"
                if reason:
                    unpacked.passed_over.append((member.filename, reason))
                elif not (folder / name).exists():
                    unpacked.bytes += _write_member(content, member, folder / name)
                    unpacked.files += 1
                progress.advance()
            progress.finish()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BookError(
            f"The archive {archive} is damaged ({error}): delete it and fetch it again."
        ) from error
    if not unpacked.files:
        raise BookError(f"The archive {archive} holds no file with an XMIDI name: it is something else.")
    return unpacked


def _problem(member: zipfile.ZipInfo, name: str) -> str:
    """Why a member is not taken; empty if it is."""
    if S_IFMT(member.external_attr >> 16) not in (0, S_IFREG):  # 0: the archiver knew no types
        return "a link or another special file"
    if member.flag_bits & 1:
        return "encrypted"
    if isinstance(problem := parse_name(name), str):
        return problem
    if member.file_size > LARGEST_FILE:
        return f"larger than {LARGEST_FILE >> 20} MiB"
    return ""


def _write_member(content: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> int:
    """Write one member; its checksum is checked by the reading, its size as it comes, not as it is stated."""
    written = 0
    with content.open(member) as source, explain_write_errors(target), open(target, "xb") as file:
        while block := source.read(_READ):
            written += len(block)
            if written > LARGEST_FILE:
                raise BookError(
                    f"{member.filename!r} unpacks to more than it states: the archive is not to be trusted."
                )
            file.write(block)
    return written


def fetch(archive: Path, folder: Path) -> Unpacked | None:
    """Download, check and unpack XMIDI; what is there already is not done again.

    Beside the folder a note keeps the archive's size and SHA-256, which the publishers do not state, so that
    two machines can compare what they have.

    Returns:
        What was unpacked, None if the folder was there.
    """
    with locked(folder):
        if folder.is_dir() and any(folder.iterdir()):
            return None
        download(archive)
        unpacked = unpack(archive, folder)
        with open(archive, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        write_json(
            folder.with_name(f"{folder.name}-archive.json"),
            {
                "source": ADDRESS,
                "archive_bytes": archive.stat().st_size,
                "archive_sha256": digest,
                "files": unpacked.files,
                "bytes": unpacked.bytes,
                "passed_over": unpacked.passed_over,
            },
        )
    return unpacked


def compare_counts(folder: Path) -> pd.DataFrame:
    """Hold a folder's labels against XMIDI's published counts.

    Returns:
        label_kind, label, published and found (files; 0 where a label is missing on one side), difference;
        first a row for all files.

    Raises:
        BookError: when the folder holds no XMIDI files.
    """
    pieces, _ = read_folder(folder)
    published = pd.read_csv(REFERENCE / "xmidi_counts.csv")
    rows = [
        ("all", "files", int(published.loc[published["label_kind"] == "emotion", "count"].sum()), len(pieces))
    ]
    for kind in ("emotion", "genre"):
        found = Counter(getattr(piece, kind) for piece in pieces)
        known = published[published["label_kind"] == kind].set_index("label")["count"]
        rows += [
            (kind, label, int(known.get(label, 0)), found[label]) for label in sorted({*known.index, *found})
        ]
    table = pd.DataFrame(rows, columns=["label_kind", "label", "published", "found"])
    return table.assign(difference=table["found"] - table["published"])


def describe_comparison(table: pd.DataFrame) -> str:
    """The table of :func:`compare_counts` as text, and what agrees and what differs."""
    differing = table[table["difference"] != 0]
    verdict = f"{len(table) - len(differing)} of {len(table)} counts agree with the published ones."
    if len(differing):
        parts = [f"{row.label} {row.difference:+,}" for row in differing.itertuples()]
        verdict += f" Found minus published: {', '.join(parts)}."
    return f"{table.to_string(index=False)}\n{verdict}"


def describe_unpacked(folder: Path, unpacked: Unpacked | None) -> str:
    """What :func:`fetch` did, with the first ten members that it passed over."""
    if unpacked is None:
        return f"{folder} is there already"
    lines = [f"{folder}: {unpacked.files:,} files, {unpacked.bytes / 1e9:.2f} GB"]
    lines += [f"passed over: {name!r}: {reason}" for name, reason in unpacked.passed_over[:10]]
    if len(unpacked.passed_over) > 10:
        lines.append(f"and {len(unpacked.passed_over) - 10:,} more")
    return "\n".join(lines)
