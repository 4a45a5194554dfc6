"""Error values: how they are written, and those in XLSX files replaced that calamine does not know."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

CALAMINE_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
REPLACEMENT = b"#N/A"
ERROR_TEXT = re.compile(
    r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|GETTING_DATA|SPILL!|CALC!|CONNECT!|BLOCKED!|UNKNOWN!|FIELD!|BUSY!"
    r"|EXTERNAL!|PYTHON!|ERROR!)|Err:\d+"
)


def is_error_text(text: str) -> bool:
    """Return whether a text is what Excel, LibreOffice or Google Sheets writes for an error value."""
    return ERROR_TEXT.fullmatch(text.strip()) is not None


def replace_unknown_errors(content: bytes, spans: Mapping[str, Sequence[int]]) -> bytes:
    """Return an XLSX file whose parts have `REPLACEMENT` in each span.

    `spans` are begin and end, one after the other, of texts in a part by its name, in bytes and ascending.
    """
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part.filename, _replaced(text, spans.get(part.filename, ())))
    return written.getvalue()


def _replaced(text: bytes, spans: Sequence[int]) -> bytes:
    pieces, position = [], 0
    for place in range(0, len(spans), 2):
        pieces += [text[position : spans[place]], REPLACEMENT]
        position = spans[place + 1]
    return b"".join([*pieces, text[position:]])
