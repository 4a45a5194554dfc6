"""Parse cells of foreign tables: numbers with units, days in several notations, lists, words."""

import re
from datetime import date, datetime
from math import isfinite

from okr_api.services.import_export.errors import RowIsUnclear
from okr_api.services.import_export.json_values import shown

from .source_table import SEVERAL, Value, as_text

UNIT = r"(?:[^\W\d_]|[%‰°′″²³/.'$€£¥₹₽₩₺₿¢]|(?<=\w)-(?=\w))"
SPACED_UNIT = rf"(?:{UNIT}+(?:\s+{UNIT}+)*)?"
CELL = re.compile(
    rf"(?P<open>\()?\s*(?P<first>[+-])?\s*(?P<before>(?:(?!\.){SPACED_UNIT})?)\s*(?P<second>[+-])?"
    r"(?P<digits>[.,]?\d(?:[\d\s.,'’_]*\d)?)"
    rf"(?P<last>-)?\s*(?P<close>\))?\s*(?P<after>{SPACED_UNIT})\s*(?P<end>\))?"
)
GROUPED = r"[1-9]\d{{0,2}}([{other}'’_\s])\d{{3}}(?:\1\d{{3}})*"
DIGITS = {
    decimal: re.compile(rf"(?:\d+|{GROUPED.format(other=other)})(?:[{decimal}]\d+)?|[{decimal}]\d+")
    for decimal, other in (".,", ",.")
}
MINUS = str.maketrans("−–", "--")  # a minus sign and an en dash, which spreadsheets and editors put there
MAGNITUDES = frozenset({"k", "K", "M", "B", "bn", "Bn", "mn", "Mn"})  # they multiply, and are no units
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
DAY_FORMATS = ("%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%Y/%m/%d", "%d-%b-%Y")
MAX_NUMBER_CHARACTERS = 100  # of a cell with a number
MAX_UNIT_CHARACTERS = 10  # of what may stand before or after a number


def parse_number(value: Value, column: str, decimal: str | None = ".") -> tuple[float, str | None]:
    """Return the number of a cell and its unit, such as `%` or `€`; `1,234.5` has groups of three digits.

    Without `decimal` the file has decimal commas and decimal points: only numbers without both are clear.

    Raises:
        RowIsUnclear: it is none, or contradicts `decimal`.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not isfinite(value):
            raise _unclear(column, value, "a number")
        return float(value), None
    matched = _matched(value)
    unit = (matched["before"] or matched["after"]).strip() if matched else ""
    if matched is None or len(unit) > MAX_UNIT_CHARACTERS or unit in MAGNITUDES:
        raise _unclear(column, value, "a number")
    digits = matched["digits"]
    if decimal is None and ("," in digits or "." in digits):
        said = "a number that can be read in one way: the file has decimal commas and decimal points"
        raise _unclear(column, value, f"{said}; say in `decimal` of the mapping which it is")
    decimal = decimal or "."
    other = "," if decimal == "." else "."
    if not DIGITS[decimal].fullmatch(digits):
        hint = f"; if {other!r} is the decimal sign, say so in `decimal` of the mapping"
        raise _unclear(column, value, f"a number{hint if DIGITS[other].fullmatch(digits) else ''}")
    number = float(re.sub(rf"[{other}'’_\s]", "", digits).replace(",", "."))
    if not isfinite(number):
        raise _unclear(column, value, "a number")
    return -number if _is_negative(matched) else number, unit or None


def decimal_sign(value: Value) -> str | None:
    """Return the decimal sign of a cell with a number, or None if it has none or could have either."""
    matched = _matched(value)
    signs = [each for each, digits in DIGITS.items() if matched and digits.fullmatch(matched["digits"])]
    return signs[0] if len(signs) == 1 else None


def _matched(value: Value) -> re.Match[str] | None:
    """Return the parts of a cell with a number, or None if it has none: it has one sign and one unit."""
    if not isinstance(value, str) or len(value) > MAX_NUMBER_CHARACTERS:
        return None
    matched = CELL.fullmatch(value.strip().translate(MINUS))
    if matched is None or (matched["before"] and matched["after"]):
        return None
    closed = [matched[each] for each in ("close", "end") if matched[each]]
    signs = [matched[each] for each in ("open", "first", "second", "last") if matched[each]]
    return matched if len(signs) <= 1 and len(closed) == (matched["open"] is not None) else None


def _is_negative(matched: re.Match[str]) -> bool:
    """Return whether a number is negative; bookkeepers write it in brackets, or with the sign at its end."""
    return bool(matched["open"]) or "-" in (matched["first"], matched["second"], matched["last"])


def parse_day(value: Value, column: str, formats: tuple[str, ...] = ()) -> date:
    """Return the day of a cell; a time after it is ignored.

    Raises:
        RowIsUnclear: it is none, or can be read in two ways, as 03/04/2026 without a format.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if ISO_DAY.fullmatch(text):
        formats, text = ("%Y-%m-%d",), text[:10]
    for each in (*formats, *DAY_FORMATS):
        try:
            return datetime.strptime(text, each).date()  # noqa: DTZ007  a day has no time zone
        except ValueError:
            continue
    hint = "; say in `dates` of the mapping how days are written" if "/" in text else ""
    raise _unclear(column, value, f"a day such as 2026-01-31{hint}")


def parse_list(value: Value, separators: str | None) -> list[str]:
    """Return the texts in a cell, which are separated by lines and by each of these characters."""
    if isinstance(value, list):
        return [str(each).strip() for each in value if str(each).strip()]
    parts = re.split(f"[{re.escape(separators or '')}{SEVERAL}]", as_text(value))
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _unclear(column: str, value: Value, wanted: str) -> RowIsUnclear:
    said = as_text(value) if isinstance(value, date) else value
    return RowIsUnclear(f"{column} is {shown(said)}, not {wanted}")
