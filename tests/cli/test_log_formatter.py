"""Log records stay readable and small, whatever an error contains."""

import asyncio
import io
import logging
import logging.config
import sys
from typing import Any

import pytest

from okr_api.cli import log_formatter
from okr_api.cli.log_formatter import (
    ALIKE_LOG_RECORDS_WINDOW_S,
    MAX_ALIKE_LOG_RECORDS,
    MAX_LOG_LINE_CHARACTERS,
    MAX_LOG_RECORD_LINES,
    MAX_LOGGED_TEXT_CHARACTERS,
    AlikeFilter,
)
from okr_api.cli.serve import logging_config
from tests.serving import serving


def logged(message: str, fault: Exception) -> str:
    """Return what the service's log handler writes."""
    config: dict[str, Any] = logging_config("info")
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


def test_the_text_of_an_error_is_cut_at_200_characters():
    text = logged("%s at 1", ValueError("y" * 10**6))
    assert "y" * (MAX_LOGGED_TEXT_CHARACTERS - len("ValueError: ")) in text
    assert "y" * (MAX_LOGGED_TEXT_CHARACTERS + 1) not in text


def test_a_line_break_in_a_clients_text_begins_no_record():
    forged = "2026-11-29 12:00:00,000 ERROR okr_api: forged"
    text = logged(f"a\n{forged}\r{forged}\x1b[31m", ValueError(f"b\n{forged}\u2028{forged}"))
    assert text.count(forged) == 4
    assert [line for line in text.splitlines()[1:] if not line.startswith("  ")] == []
    assert "\\r" in text
    assert "\\x1b[31m" in text
    assert "\\u2028" in text


def test_many_records_of_one_place_are_counted_instead_of_written(monkeypatch: pytest.MonkeyPatch):
    now = 0.0
    monkeypatch.setattr(log_formatter, "monotonic", lambda: now)
    row_batcher = AlikeFilter()

    def passed(line: int) -> str | None:
        record = logging.LogRecord("okr", logging.ERROR, "file.py", line, "%s", ("text",), None)
        return record.getMessage() if row_batcher.filter(record) else None

    assert [passed(1) for _ in range(1_000)] == ["text"] * MAX_ALIKE_LOG_RECORDS + [None] * (
        1_000 - MAX_ALIKE_LOG_RECORDS
    )
    assert passed(2) == "text"
    now = ALIKE_LOG_RECORDS_WINDOW_S + 1
    assert passed(1) == f"text ({1_000 - MAX_ALIKE_LOG_RECORDS} like this were left out before)"
    assert passed(1) == "text"


def test_an_attacker_cannot_fill_the_log(capsys: pytest.CaptureFixture[str]):
    logging.config.dictConfig(
        {**logging_config("info"), "root": {}, "loggers": {"of_this_test": {"handlers": ["stderr"]}}}
    )
    try:
        log = logging.getLogger("of_this_test")
        for number in range(1_000):
            log.error("refused: %s", f"{number}" + "x" * 10_000)
    finally:
        log.handlers.clear()
    assert len(capsys.readouterr().err) < MAX_ALIKE_LOG_RECORDS * (MAX_LOGGED_TEXT_CHARACTERS + 100)


SERVED_LOG = """
import asyncio, logging, sys
import httpx2
from okr_api.cli.serve import set_up_logging

set_up_logging("info")

async def fetch():
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.get(sys.argv[1])).status_code

logging.getLogger("okr_api").info("fetched: %d", asyncio.run(fetch()))
"""


async def test_at_info_the_log_has_no_url_of_a_request_that_the_service_makes(acme_url: str):
    async with serving(acme_url) as served:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SERVED_LOG,
            f"{served.address}/health/live?key=of-nobody",
            stderr=asyncio.subprocess.PIPE,
        )
        _, written = await process.communicate()
    assert [line.split(" ", 2)[2] for line in written.decode().splitlines()] == ["INFO okr_api: fetched: 200"]
