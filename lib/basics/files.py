"""Writing that leaves either the old file or the whole new one, and hashes of what was read."""

import contextlib
import csv
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lib.basics.errors import BookError

_REASONS = {
    errno.ENOSPC: "the disk is full: free some space and run the same command again",
    errno.EDQUOT: "the disk quota is used up: free some space and run the same command again",
    errno.EACCES: "there is no permission to write there: choose another folder or change its permissions",
    errno.EPERM: "there is no permission to write there: choose another folder or change its permissions",
    errno.EROFS: "the file system is read-only: choose another folder",
    errno.ENOTDIR: "a file stands where a folder is needed: move it away",
    errno.EEXIST: "a file stands where a folder is needed: move it away",
}


@contextlib.contextmanager
def explain_write_errors(path: Path) -> Iterator[None]:
    """Turn an operating-system error while writing `path` into a :class:`BookError` of one sentence."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, str(error.strerror or error))
        raise BookError(f"Cannot write {path}: {reason}.") from error


def make_folder(folder: Path) -> Path:
    """Create `folder` and its parents if they are missing.

    Raises:
        BookError: when it cannot be created.
    """
    with explain_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_targets(targets: Mapping[str, Path | None], sources: Mapping[str, Path | None]) -> None:
    """Refuse to write a file over one that is read, or two files to one place.

    Links and, where the system takes them for the same, other spellings of a name count as the same file.

    Args:
        targets: the files to be written, by what a person calls them, such as "--out"; None: not written.
        sources: the files to be read, likewise.

    Raises:
        BookError: naming both and the file.
    """
    seen = {name: Path(path) for name, path in sources.items() if path is not None}
    for name, path in targets.items():
        if path is None:
            continue
        for other, known in seen.items():
            if _is_same_file(Path(path), known):
                problem = "would be overwritten" if other in sources else "would be written twice"
                raise BookError(
                    f"{other} and {name} are the same file, {path}, which {problem}: "
                    f"give {name} another name."
                )
        seen[name] = Path(path)


def _is_same_file(first: Path, second: Path) -> bool:
    with contextlib.suppress(OSError):  # one of them is not there yet
        return first.samefile(second)
    folded = [os.path.normcase(path.resolve()) for path in (first, second)]
    # Where file names ignore case, 'A.mid' and 'a.mid' are one; a book should not depend on where it is made.
    return folded[0].casefold() == folded[1].casefold()


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on failure it is removed.

    The file is synced to disk before it is renamed, so a crash leaves the old file or the whole new one.

    Raises:
        BookError: when the disk is full or the folder cannot be written.
    """
    path = Path(path)
    make_folder(path.parent)
    with explain_write_errors(path):
        # The suffix stays, since some writers choose the format by it.
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with open(temporary, "rb+") as written:
                os.fsync(written.fileno())
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)  # mkstemp's 0600 would hide the result from other users
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the right to make `path`; another process that asks waits, after calling `on_wait`.

    The lock is a hidden file beside `path`. The system frees it when the process ends, however it ends. On a
    system without such locks nobody waits.

    Raises:
        BookError: when the folder cannot be written.
    """
    try:
        import fcntl  # not on every system
    except ImportError:
        yield
        return
    make_folder(path.parent)
    place = path.with_name(f".{path.name}.lock")
    with explain_write_errors(place):
        file = open(place, "w")  # noqa: SIM115 closed below, after work whose own errors must not pass here
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait:
                on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically (see :func:`atomic_path`)."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, atomically."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: object) -> None:
    """Write `content` to `path` as indented JSON, atomically; keys keep their order."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_csv(path: Path, columns: list[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write these columns of `rows` (mappings from column to value) to `path` as CSV, atomically."""
    with atomic_path(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        BookError: when the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BookError(f"The file {path} is missing.") from None
    except (OSError, ValueError) as error:
        raise BookError(f"The file {path} cannot be read as JSON ({error}).") from error


def hash_of_bytes(content: bytes) -> str:
    """SHA-256 of `content`, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def hash_of_json(content: object) -> str:
    """SHA-256 of the canonical JSON of `content` (keys sorted, no spaces)."""
    return hash_of_bytes(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("utf-8"))


def hash_of_files(paths: Iterable[Path], relative_to: Path) -> str:
    """SHA-256 over the sorted relative names and contents of `paths`: a name or a byte changes it."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(relative_to).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
