"""What a file is that has a MIDI file's name and is something else: in words, with what to do."""

HEADER = b"MThd"

_WEB_PAGE = "a web page, not MIDI: its host sent this instead of the file; download it again"
_UNPACK = "unpack it, and give the MIDI files inside"
# How files begin (in lower case), and what they are.
_BEGINNINGS = (
    (b"version https://git-lfs", "a Git LFS pointer, not MIDI: 'git lfs pull' fetches the file itself"),
    (b"/annex/objects/", "a git-annex pointer, not MIDI: 'git annex get' fetches the file itself"),
    (b"<!doctype html", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
    (b"<?xml", "XML, not MIDI: if it is a score (MusicXML), export it as MIDI"),
    (b"\x1f\x8b", f"a gzip archive, not MIDI: {_UNPACK}"),
    (b"pk\x03\x04", f"a ZIP archive, not MIDI: {_UNPACK}; export a compressed score (.mxl, .mscz)"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7z archive, not MIDI: {_UNPACK}"),
    (b"rar!", f"a RAR archive, not MIDI: {_UNPACK}"),
    (b"bzh", f"a bzip2 archive, not MIDI: {_UNPACK}"),
    (b"\xfd7zxz\x00", f"an xz archive, not MIDI: {_UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"a Zstandard archive, not MIDI: {_UNPACK}"),
    (b"id3", "a recording (MP3), not MIDI: notes cannot be read from it"),
    (b"\xff\xfb", "a recording (MP3), not MIDI: notes cannot be read from it"),
    (b"oggs", "a recording (Ogg), not MIDI: notes cannot be read from it"),
    (b"flac", "a recording (FLAC), not MIDI: notes cannot be read from it"),
    (b"%pdf", "a PDF, not MIDI: leave it out"),
    (b"\x89png", "a picture, not MIDI: leave it out"),
    (b"\xff\xd8\xff", "a picture, not MIDI: leave it out"),
    (b"form", "an IFF file (perhaps XMI), not MIDI: convert it to a standard MIDI file"),
    (b"x:", "a tune in ABC, not MIDI: convert it to a standard MIDI file"),
)


def what_it_is(content: bytes) -> str | None:
    """Say what a file is that does not begin as a MIDI file, a colon, and what to do; None for one that does.

    Args:
        content: the file's bytes; the first few hundred are enough.
    """
    if content[:4] == HEADER:
        return None if len(content) >= 14 else "cut off: nothing but a MIDI file's beginning; fetch it again"
    if not content:
        return "empty: the file has no bytes; fetch it again"
    if content[:4] == b"RIFF":
        if content[8:12] == b"RMID":
            return "a RIFF file with MIDI inside (RMID): save it as a standard MIDI file"
        return "a RIFF file (as recordings are), not MIDI: notes cannot be read from it"
    text = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, words in _BEGINNINGS:
        if text.startswith(beginning):
            return words
    if content[128:132] == HEADER:
        return "a MIDI file inside a MacBinary wrapper: remove the first 128 bytes"
    if not content[:4096].strip(b"\0"):
        return "nothing but zeros, not MIDI: fetch it again"
    if b"<html" in text or b"<head" in text:
        return _WEB_PAGE
    if _is_text(content[:512]):
        return "a text, not MIDI: leave it out"
    return "not MIDI: it does not begin with MThd, as every MIDI file does"


def _is_text(content: bytes) -> bool:
    return all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in content)
