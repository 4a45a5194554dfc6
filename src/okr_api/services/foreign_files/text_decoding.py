"""Decode the bytes of a text file: by byte order mark, as UTF-8, as UTF-16, or as Windows-1252."""

import codecs

from .errors import ColumnsDiffer

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_BYTES = 4_096
WESTERN = "cp1252"


def decode_text(content: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding.

    Raises:
        ColumnsDiffer: the bytes are no text.
    """
    problems = []
    for encoding in _candidates(content):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError as problem:
            problems.append(f"as {encoding.upper()} {_place(content, problem)}")
    raise ColumnsDiffer(
        "The file is no text in UTF-8, UTF-16 or Windows-1252, and no spreadsheet; it cannot be read "
        f"{', nor '.join(problems)}. Save it as UTF-8"
    )


def _place(content: bytes, problem: UnicodeDecodeError) -> str:
    """Return where a byte is that cannot be decoded; lines are only counted where they end in one byte."""
    line = content.count(b"\n", 0, problem.start) + 1
    within = f", line {line}" if problem.encoding in ("utf-8", WESTERN, "charmap") else ""
    return f"at byte {problem.start + 1:,}{within} (0x{content[problem.start]:02X})"


def _candidates(content: bytes) -> list[str]:
    """Return the encodings to try, the most probable first."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return [encoding]
    sample = content[:SAMPLE_BYTES]
    if b"\x00" in sample:  # text has NUL only as half of a character of two bytes
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        return ["utf-16-be" if even > odd else "utf-16-le"]
    return ["utf-8", WESTERN]
