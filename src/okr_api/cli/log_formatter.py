"""Log formatter that bounds what a client can write into the log through messages of errors."""

import logging

MAX_LOG_LINE_CHARACTERS = 500
MAX_LOG_RECORD_LINES = 300


class BoundedFormatter(logging.Formatter):
    """Cuts long lines, and the middle of long tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as usual, and bound it."""
        lines = super().format(record).split("\n")
        if len(lines) > MAX_LOG_RECORD_LINES:
            half = MAX_LOG_RECORD_LINES // 2
            lines[half : 1 - half] = [f"… {len(lines) - 2 * half + 1} lines left out"]
        return "\n".join(map(_cut, lines))


def _cut(line: str) -> str:
    if len(line) <= MAX_LOG_LINE_CHARACTERS:
        return line
    return f"{line[:MAX_LOG_LINE_CHARACTERS]}… {len(line) - MAX_LOG_LINE_CHARACTERS} characters left out"
