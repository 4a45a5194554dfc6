"""Read records from the JSON of an API, flattened: `widgets.PROGRESS.currentValue` is a column."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from okr_api.services.import_export.errors import FileIsUnclear
from okr_api.services.import_export.json_parser import parse_file

from .errors import ColumnsDiffer
from .source_table import SEVERAL, Record, SourceTable, Value, check_count, column_key, joined
from .text_decoding import decode_text

MAX_RECORD_DEPTH = 12


def read_json(content: bytes, records: str, requires: Sequence[str]) -> SourceTable:
    """Return the records in the lists at the path, at any depth: an answer, or a list of them.

    Raises:
        ColumnsDiffer: there are none, or the first lacks a column that is required.
        FileIsUnclear: the content is no JSON.
    """
    found = list(_lists(_parsed(content), records.split(".")))
    rows = [row for each in found for row in each]
    check_count(len(rows))
    if not rows:
        raise ColumnsDiffer(f"The file has no records at {records}")
    flat = [_record(number, row) for number, row in enumerate(rows, start=1)]
    names = {key: key for record in flat for key in record.cells}
    missing = [each for each in requires if column_key(each) not in names]
    if missing:
        raise ColumnsDiffer(f"The records have no {', '.join(missing)}; select them in the query")
    return SourceTable(names, iter(flat))


def _parsed(content: bytes) -> Any:
    try:
        return parse_file(content)
    except FileIsUnclear:
        text, _ = decode_text(content)
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith("{") for line in lines):
            raise
    return [parse_file(line.encode()) for line in lines]  # one answer in each line


def _lists(value: Any, path: Sequence[str]) -> Iterator[list[Any]]:
    """Yield every list that the path leads to, from the value or from anything in it."""
    waiting = deque([value])
    while waiting:
        each = waiting.popleft()
        end = each
        for step in path:
            end = end.get(step) if isinstance(end, dict) else None
        if isinstance(end, list):
            yield end
        elif isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _record(number: int, row: Any) -> Record:
    if not isinstance(row, dict):
        return Record(number, {}, "The record is no object")
    cells: dict[str, Value] = {}
    _flatten(row, "", cells, 0)
    return Record(number, cells)


def _flatten(value: Any, path: str, cells: dict[str, Value], depth: int) -> None:
    """Add the leaves of a value; objects with a `type` in a list are named by it, others give lists."""
    if depth > MAX_RECORD_DEPTH or value is None or value == "":
        return
    if isinstance(value, dict):
        if isinstance(value.get("nodes"), list):  # a connection
            value = value["nodes"]
        else:
            for name, each in value.items():
                _flatten(each, f"{path}.{name}" if path else str(name), cells, depth + 1)
            return
    if isinstance(value, list):
        for each in value:
            if isinstance(each, dict) and isinstance(named := each.get("type"), str):
                rest = {name: inner for name, inner in each.items() if name != "type"}
                _flatten(rest, f"{path}.{named}", cells, depth + 1)
            else:
                _flatten(each, path, cells, depth + 1)
        return
    key = column_key(path)
    cells[key] = joined((cells[key], value), SEVERAL) if key in cells else value
