"""Response comparison: check that all servers return the same data before measuring them.

Timings of different responses are not comparable.
"""

import json
import math
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from bench.competitors import Competitor
from bench.load import KEY
from bench.operations import OURS, Body

OUR_ID = re.compile(r"[a-z]{3}_([0-9a-f]{32})")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT.*")
CLOSE = 1e-9  # tolerance for different ways of summing
COMPARED = 5  # requests per operation
LIMIT_S = 120
READS = ("Q1", "Q2", "Q3", "Q4")


class AnswersDiffer(Exception):
    """Two competitors return different data for the same request."""


def ask(competitor: Competitor, body: Body | bytes) -> Any:
    """Send one request and return its data.

    Raises:
        AnswersDiffer: the response has errors or no data.
    """
    asked = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": competitor.authorization}
    request = urllib.request.Request(competitor.url, asked, headers)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_S) as response:
            said = json.load(response)
    except urllib.error.HTTPError as refusal:
        raise AnswersDiffer(f"{competitor.name}: {refusal.read()[:2000]!r}") from None
    if said.get("errors") or not said.get("data"):
        raise AnswersDiffer(f"{competitor.name}: {json.dumps(said)[:2000]}")
    return said["data"]


def plain(value: Any) -> Any:
    """Normalize ids and instants, which competitors format differently."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, str) and (found := OUR_ID.fullmatch(value)):
        return str(UUID(found[1]))
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).timestamp()
    return value


def _objective(data: Any) -> Any:
    return data["objective"]


def _page(data: Any) -> Any:
    found = data["objectives"]
    return found["nodes"] if isinstance(found, dict) else found


def _rows(data: Any) -> Any:
    """Return the rows sorted by id: ours are depth-first, the others' by level."""
    rows = data["objectiveTree"]["rows"] if "objectiveTree" in data else data["rows"]
    flat = [{**row, **row.get("objective", {})} for row in rows]
    return sorted(({k: v for k, v in row.items() if k != "objective"} for row in flat), key=lambda r: r["id"])


def _check_in(data: Any) -> Any:
    made = data["checkInRecord"]["checkIn"]
    return {"value": made["value"], "keyResult": made["keyResult"]}


def _number_of_check_ins(data: Any) -> int:
    return len(data["checkInRecordMany"]["results"])


SHAPE: dict[str, Callable[[Any], Any]] = {
    "Q1": _objective,
    "Q2": _page,
    "Q3": _objective,
    "Q4": _rows,
    "M1": _check_in,
    "M2": _number_of_check_ins,
}


def compare(competitors: Sequence[Competitor], documents: Sequence[str]) -> None:
    """Send the same requests to all competitors, reads first, and compare the responses.

    After writes the progress of every root must still be equal, which shows that each competitor rolled up.

    Raises:
        AnswersDiffer: two responses differ.
    """
    for document in sorted(documents, key=lambda one: one not in READS):
        _compare(competitors, document, SHAPE[document])
    if any(document not in READS for document in documents):
        roots = competitors[0].marks.roots
        for competitor in competitors:
            assert competitor.marks.roots == roots
        _compare(competitors, "Q3", _progress)


def _progress(data: Any) -> Any:
    """Return the progress of an objective and of everything beneath it."""
    if "objective" in data:
        return _progress(data["objective"])
    parts = [*data["keyResults"], *data.get("children", [])]
    beneath = [_progress({"keyResults": [], **one}) for one in parts]
    return {"id": data["id"], "progress": data["progress"], "parts": beneath}


def _compare(competitors: Sequence[Competitor], document: str, shape: Callable[[Any], Any]) -> None:
    bodies = [competitor.asking.bodies(competitor.kind, document) for competitor in competitors]
    for place, asked in enumerate(islice(zip(*bodies, strict=True), COMPARED)):
        answers = [
            plain(shape(ask(competitor, _with_a_key(body, f"{document} {place}"))))
            for competitor, body in zip(competitors, asked, strict=True)
        ]
        for competitor, answer in zip(competitors[1:], answers[1:], strict=True):
            if where := difference(answers[0], answer):
                raise AnswersDiffer(f"{document}, {competitors[0].name} against {competitor.name}: {where}")


def _with_a_key(body: Body, key: str) -> bytes:
    return json.dumps(body).replace(KEY, f"compared {key}").encode()


def difference(one: Any, other: Any, path: str = "") -> str:
    """Describe where two responses first differ; empty if they are equal."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next((d for k in one if (d := difference(one[k], other[k], f"{path}.{k}"))), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((d for i, (a, b) in pairs if (d := difference(a, b, f"{path}[{i}]"))), "")
    if isinstance(one, float) and isinstance(other, float | int) and math.isclose(one, other, abs_tol=CLOSE):
        return ""
    return "" if one == other else f"{path or 'the whole'}: {str(one)[:200]} and {str(other)[:200]}"


def ours_first(competitors: Sequence[Competitor]) -> list[Competitor]:
    """Return the competitors that have a server, ours first."""
    return sorted((c for c in competitors if c.pid is not None), key=lambda one: one.kind != OURS)
