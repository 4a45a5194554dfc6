"""Parse cells of foreign tables: numbers with units, days in several notations, lists, words."""

import re
from datetime import date, datetime
from math import isfinite

from okr_api.services.import_export.errors import RowIsUnclear
from okr_api.services.import_export.json_values import shown

from .source_table import SEVERAL, Value

UNITS = re.compile(r"^(?P<before>[^\d\s.,+−-]*)\s*(?P<number>[+−-]?[\d\s.,'’_]*\d)\s*(?P<after>\D*)$")
GROUPS = {
    ".": re.compile(r"[+-]?\d{1,3}([,'’_\s]\d{3})+(\.\d+)?"),
    ",": re.compile(r"[+-]?\d{1,3}([.'’_\s]\d{3})+(,\d+)?"),
}
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
DAY_FORMATS = ("%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%Y/%m/%d", "%d-%b-%Y")
MAX_UNIT_CHARACTERS = 10  # of what may stand before or after a number


def parse_number(value: Value, column: str, decimal: str = ".") -> tuple[float, str | None]:
    """Return the number of a cell and its unit, such as `%` or `€`; `1,234.5` has groups of three digits.

    Raises:
        RowIsUnclear: it is none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), None
    matched = UNITS.fullmatch(value.strip()) if isinstance(value, str) else None
    unit = (matched["before"].strip() or matched["after"].strip()) if matched else ""
    if matched is None or len(unit) > MAX_UNIT_CHARACTERS:
        raise _unclear(column, value, "a number")
    digits = matched["number"].replace("−", "-")
    other = "," if decimal == "." else "."
    if GROUPS[decimal].fullmatch(digits):
        digits = re.sub(rf"[{other}'’_\s]", "", digits)
    digits = digits.replace(",", ".")
    try:
        number = float(digits)
    except ValueError:
        raise _unclear(column, value, "a number") from None
    if not isfinite(number):
        raise _unclear(column, value, "a number")
    return number, unit or None


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
    parts = re.split(f"[{re.escape(separators or '')}{SEVERAL}]", str(value))
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def as_text(value: Value) -> str:
    """Return a cell as text."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _unclear(column: str, value: Value, wanted: str) -> RowIsUnclear:
    return RowIsUnclear(f"{column} is {shown(value)}, not {wanted}")
