"""Log formatter and filter that limit the length, rate and characters of what clients can write into the log.

Only the first line of a record begins at the margin, so that a line break in a client's text cannot
imitate another record. Other control characters are escaped.
"""

import logging
import re
from time import monotonic

MAX_LOGGED_TEXT_CHARACTERS = 200
MAX_LOG_LINE_CHARACTERS = 500
MAX_LOG_RECORD_LINES = 300
MAX_ALIKE_LOG_RECORDS = 60
ALIKE_LOG_RECORDS_WINDOW_S = 60
MARGIN = "  "
PLACE = f'{MARGIN}File "'  # of a traceback, whose lines come from the code and may be longer
CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class BoundedFormatter(logging.Formatter):
    """Formatter that cuts long texts, lines and tracebacks, and escapes control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as usual, within the limits."""
        arguments = record.args
        if isinstance(arguments, tuple):
            record.args = tuple(map(_bounded, arguments))
        try:
            formatted = super().format(record)
        finally:
            record.args = arguments
        first, *lines = CONTROL_CHARACTERS.sub(_escaped, formatted).split("\n")
        if len(lines) >= MAX_LOG_RECORD_LINES:
            half = MAX_LOG_RECORD_LINES // 2
            lines[half - 1 : 1 - half] = [f"… {len(lines) - 2 * half + 2} lines left out"]
        return "\n".join([_cut(first, MAX_LOG_LINE_CHARACTERS), *map(_indented, lines)])


class AlikeFilter(logging.Filter):
    """Filter that passes `MAX_ALIKE_LOG_RECORDS` a minute from one place in the code and counts the rest."""

    def __init__(self) -> None:
        super().__init__()
        # By place in the code: the end of a window, and the number of records in it.
        self._passed: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record; the first one after omissions gets their number."""
        place, now = (record.pathname, record.lineno), monotonic()
        ends_at, count = self._passed.get(place, (0.0, 0))
        if now < ends_at:
            self._passed[place] = ends_at, count + 1
            return count < MAX_ALIKE_LOG_RECORDS
        self._passed[place] = now + ALIKE_LOG_RECORDS_WINDOW_S, 1
        left_out = count - MAX_ALIKE_LOG_RECORDS
        if left_out > 0:
            record.msg = f"{record.msg} ({left_out} like this were left out before)"
        return True


def _bounded(argument: object) -> object:
    """Return an argument of a message; of a long text, the beginning of each line."""
    if isinstance(argument, int | float | None):
        return argument
    text = str(argument)
    if len(text) <= MAX_LOGGED_TEXT_CHARACTERS:
        return text
    return "\n".join(_cut(line, MAX_LOGGED_TEXT_CHARACTERS) for line in text.split("\n"))


def _indented(line: str) -> str:
    """Return a further line of a record, cut, and indented to the margin."""
    most = MAX_LOG_LINE_CHARACTERS if line.startswith(PLACE) else MAX_LOGGED_TEXT_CHARACTERS
    cut = _cut(line, most)
    return cut if cut.startswith(MARGIN) or not cut else MARGIN + cut


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[:most]}… {len(line) - most} characters left out"


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
