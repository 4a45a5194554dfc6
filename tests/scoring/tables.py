"""Parse the tables of docs/scoring.md and docs/forecast.md, and their cells.

A table belongs to the heading above it. Columns with → hold results; `because` is only for readers.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from okr_api.okr.key_result import Reading
from okr_api.okr.measure import KeyResultMeasure, Measure
from tests.scoring.sketch import (
    YES_NO,
    at_least,
    at_most,
    decrease,
    in_order,
    increase,
    milestones,
    reading,
    within,
    zones,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "scoring.md"
NOTHING = "–"
ANSWER = "→ "

Row = dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table: the heading above it, the line of the document where it begins, and its rows by column."""

    heading: str
    line: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def tables(document: Path = DOCUMENT) -> list[Table]:
    """Return every table of a document, in order."""
    found: list[Table] = []
    heading, block = "", list[str]()
    for number, line in enumerate([*document.read_text().splitlines(), ""], start=1):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if line.startswith("|"):
            block.append(line)
        elif block:
            found.append(_table(heading, number - len(block), block))
            block = []
    return found


def _table(heading: str, line: int, block: list[str]) -> Table:
    columns, rule, *rows = ([cell.strip() for cell in row.strip().strip("|").split("|")] for row in block)
    assert all(set(cell) == {"-"} for cell in rule), f"{heading}: the second line is the rule"
    for row in rows:
        assert len(row) == len(columns), f"{heading}: {row} has other columns than {columns}"
    return Table(heading, line, tuple(columns), tuple(dict(zip(columns, row, strict=True)) for row in rows))


def number(cell: str) -> float | None:
    """Return a number, or None."""
    return None if cell == NOTHING else float(cell)


def on_day(cell: str) -> int | None:
    """Return the number in `day 50`, or None."""
    return None if cell == NOTHING else int(cell.removeprefix("day "))


SAID = re.compile(
    r"day (?P<day>-?[\d.]+):"
    r"(?: (?P<value>-?[\d.]+))?"
    r"(?: (?P<yes>yes|no))?"
    r"(?: (?P<done>[a-z ]+) done)?"
    r"(?: (?P<status>on track|at risk|off track))?"
    r"(?: \((?P<sure>[\d.]+) sure\))?"
    r"(?: note)?"
    r"(?P<old> old definition)?"
)


def readings(cell: str) -> list[Reading]:
    """Parse check-ins such as `day 10: 40 at risk (0.8 sure), day 20: note`, in order of recording."""
    return in_order(*map(_reading, [] if cell == NOTHING else cell.split(", ")))


def _reading(text: str) -> Reading:
    said = SAID.fullmatch(text)
    assert said is not None, f"not a check-in: {text!r}"
    value = float(said["value"]) if said["value"] else None
    done = None if said["done"] is None else tuple(said["done"].replace("nothing", "").split())
    return reading(
        float(said["day"]),
        float(said["yes"] == "yes") if said["yes"] else value,
        done=done,
        status=said["status"].upper().replace(" ", "_") if said["status"] else None,
        confidence=float(said["sure"]) if said["sure"] else None,
        definition=0 if said["old"] else 1,
    )


def measure(cell: str) -> Measure:
    """Parse a measure: `INCREASE 0 to 100`, `AT_MOST 5`, `MILESTONES a 1 and b 3`, or its name alone."""
    kind, _, rest = cell.partition(" ")
    if kind == KeyResultMeasure.MILESTONES:
        return steps(rest)
    given = [number(each) for each in rest.split(" to ")] if rest else []
    match KeyResultMeasure(kind):
        case KeyResultMeasure.INCREASE:
            return increase(*given)
        case KeyResultMeasure.DECREASE:
            return decrease(*given)
        case KeyResultMeasure.AT_LEAST:
            return at_least(*given or [95.0])
        case KeyResultMeasure.AT_MOST:
            return at_most(*given or [5.0])
        case KeyResultMeasure.WITHIN:
            return within(*given)
        case KeyResultMeasure.BOOLEAN:
            return YES_NO
        case _:
            return zones(*given)


def steps(text: str) -> Measure:
    """Parse milestones such as `a 1 by day 20 and b 3`: key, weight, and the day by which they are due."""
    given: dict[str, float | tuple[float, int]] = {}
    for step in text.split(" and "):
        what, _, due = step.partition(" by day ")
        key, weight = what.split()
        given[key] = (float(weight), int(due)) if due else float(weight)
    return milestones(**given)


@dataclass(frozen=True)
class Part:
    """A part of an objective, such as `2 × paused 0.6 (0.8 sure)`; one in brackets has parts of its own."""

    weight: float
    state: str
    what: str
    sure: float | None
    beneath: "tuple[Part, ...] | None"


PART = re.compile(
    r"(?:(?P<weight>[\d.]+) × )?"
    r"(?:(?P<state>paused|dropped|draft|closed|supports) )?"
    r"(?P<what>.*?)"
    r"(?: \((?P<sure>[\d.]+) sure\))?"
)


def parts(cell: str) -> tuple[Part, ...]:
    """Parse the parts that a cell lists; `–` and an empty cell list none."""
    return () if cell in ("", NOTHING) else tuple(_part(text) for text in split_parts(cell))


def split_parts(text: str) -> list[str]:
    """Split the text at its commas, except within brackets."""
    pieces, depth = [""], 0
    for sign in text:
        depth += {"[": 1, "]": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += sign
    return [piece.strip() for piece in pieces]


def _part(text: str) -> Part:
    said = PART.fullmatch(text)
    assert said is not None, f"not a part: {text!r}"
    what = said["what"]
    return Part(
        weight=float(said["weight"] or 1),
        state=said["state"] or "",
        what=what,
        sure=float(said["sure"]) if said["sure"] else None,
        beneath=parts(what[1:-1]) if what.startswith("[") else None,
    )
