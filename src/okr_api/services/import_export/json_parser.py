"""JSON parser for import files: detects repeated keys, and guesses the format of files that are not JSON."""

import codecs
import json
from typing import Any, NoReturn

from .errors import FileIsUnclear
from .json_values import ObjectWithRepeatedKeys

WANTED = "expected JSON in UTF-8"
OTHER_KINDS = {
    b"\x1f\x8b": "compressed with gzip; unpack it first, as with gunzip",
    b"PK\x03\x04": "a ZIP archive or a spreadsheet; unpack it, or save it as JSON",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "compressed with xz; unpack it first",
    b"%PDF": "a PDF",
}
BYTE_ORDER_MARKS = (  # longer ones first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def parse_file(content: bytes) -> object:
    """Return the value in a JSON file; objects with repeated keys are `ObjectWithRepeatedKeys`.

    Raises:
        FileIsUnclear: it is not JSON; the message says what the file seems to be.
    """
    text = _decoded(content)
    del content  # as large as the text, and no longer needed
    if not text.strip():
        raise FileIsUnclear(f"The file is empty; {WANTED}")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise FileIsUnclear(f"The file is not JSON: {problem.msg} at {where}") from None
    except RecursionError:
        raise FileIsUnclear("The file is nested too deeply") from None
    except FileIsUnclear:
        raise
    except ValueError:  # Python parses no integers of more than 4,300 digits
        raise FileIsUnclear("The file holds a number with too many digits") from None


def _decoded(content: bytes) -> str:
    for beginning, kind in OTHER_KINDS.items():
        if content.startswith(beginning):
            raise FileIsUnclear(f"The file seems to be {kind}; {WANTED}")
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in content[:4]:
        raise FileIsUnclear(f"The file seems to be in UTF-16 without a byte order mark; {WANTED}")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        seems = "Latin-1 or Windows-1252" if encoding == "utf-8" else f"broken {encoding.upper()}"
        raise FileIsUnclear(f"The file seems to be in {seems} (line {line}); {WANTED}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    names = [name for name, _ in pairs]
    found = ObjectWithRepeatedKeys(fields)
    found.repeated = [name for name in fields if names.count(name) > 1]
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise FileIsUnclear(f"The file holds {name}, which is no number in JSON")
