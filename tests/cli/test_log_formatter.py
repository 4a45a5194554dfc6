"""Whatever an error says, the log stays readable and small."""

import io
import logging
import logging.config
from typing import Any

from okr_api.cli.log_formatter import MAX_LOG_LINE_CHARACTERS, MAX_LOG_RECORD_LINES
from okr_api.cli.serving import logging_of


def logged(message: str, fault: Exception) -> str:
    """What the service's handler writes."""
    config: dict[str, Any] = logging_of("info")
    written = io.StringIO()
    handler = logging.config.DictConfigurator(  # type: ignore[attr-defined]
        {**config, "handlers": {}, "root": {}, "loggers": {}}
    )
    formatter = handler.configure_formatter(config["formatters"]["line"])
    stream = logging.StreamHandler(written)
    stream.setFormatter(formatter)
    record = logging.LogRecord(
        "okr", logging.ERROR, "file.py", 1, message, None, (type(fault), fault, fault.__traceback__)
    )
    stream.handle(record)
    return written.getvalue()


def test_long_lines_and_long_records_are_cut():
    text = logged("x" * 10**6, ValueError("y" * 10**6 + "\nz" * 10**5))
    lines = text.splitlines()
    assert len(lines) == MAX_LOG_RECORD_LINES
    assert max(map(len, lines)) < MAX_LOG_LINE_CHARACTERS + 50
    assert "characters left out" in lines[0]
    assert any("lines left out" in line for line in lines)
    assert logged("short", ValueError("short")).endswith("ValueError: short\n")
