"""Worked examples of a document: an operation, its variables and its response.

An operation is a block marked `graphql`. The blocks `json variables` and `json answer` that follow, before the
next operation, belong to it. Variables name ids as `id of EXTERNAL-ID`. In an answer `…` stands for what differs
from day to day: ids, cursors, references. A comment `<!-- the feed begins at 40 -->`, on one line before an
operation, sets the feed's oldest position before it runs.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^```(graphql|json variables|json answer)\n(.*?)^```$|^<!-- (the feed begins) at (\d+) -->$",
    re.MULTILINE | re.DOTALL,
)
ID = re.compile(r"\b(org|per|tea|mem|abs|pri|met|mrd|cyc|obj|key|chk)_[0-9a-f]{32}\b")
ID_OF = re.compile(r"\bid of ([\w-]+)")
ELIDED = "…"
WIDTH = 110


@dataclass
class Example:
    """One operation; `answer` is None if none is shown, and `span` is the answer's position in the text."""

    place: str
    operation: str
    variables: dict[str, Any]
    feed_begins: int | None = None
    answer: Any = None
    span: tuple[int, int] = (0, 0)


def examples_of(document: str) -> list[Example]:
    """Return the examples of a document (a path from the root) in their order."""
    text = (ROOT / document).read_text("utf-8")
    found: list[Example] = []
    feed_begins: int | None = None
    for block in BLOCK.finditer(text):
        kind, content, begins, at = block.groups()
        if begins:
            feed_begins = int(at)
        elif kind == "graphql":
            place = f"{document}:{text.count(chr(10), 0, block.start()) + 1}"
            found.append(Example(place, content, {}, feed_begins))
            feed_begins = None
        elif kind == "json variables":
            found[-1].variables = json.loads(content)
        else:
            found[-1].answer, found[-1].span = json.loads(content), block.span(2)
    return found


def agrees(shown: Any, given: Any) -> bool:
    """Return whether a response equals the one shown, except for what is elided."""
    if isinstance(shown, dict) and isinstance(given, dict):
        return list(shown) == list(given) and all(agrees(shown[name], given[name]) for name in shown)
    if isinstance(shown, list) and isinstance(given, list):
        return len(shown) == len(given) and all(map(agrees, shown, given))
    if isinstance(shown, str) and isinstance(given, str) and ELIDED in shown:
        return re.fullmatch(".+".join(map(re.escape, shown.split(ELIDED))), given, re.DOTALL) is not None
    return type(shown) is type(given) and shown == given


def elided(shown: Any, given: Any) -> Any:
    """Return the response with every id elided, and whatever is elided in the one shown."""
    if isinstance(given, dict):
        known = shown if isinstance(shown, dict) else {}
        return {name: elided(known.get(name), value) for name, value in given.items()}
    if isinstance(given, list):
        known_items = shown if isinstance(shown, list) else []
        return [elided(dict(enumerate(known_items)).get(i), value) for i, value in enumerate(given)]
    if isinstance(given, str):
        return shown if ELIDED in str(shown) and agrees(shown, given) else ID.sub(rf"\1_{ELIDED}", given)
    return given


def written(value: Any, indent: int = 0) -> str:
    """Format a value as readable JSON, on one line where it fits."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(line) + indent <= WIDTH:
        return _spaced(value)
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(name)}: {written(one, indent + 2)}" for name, one in value.items()]
    else:
        parts = [inner + written(one, indent + 2) for one in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(parts) + f"\n{' ' * indent}{closing}"


def _spaced(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "{ " + ", ".join(f"{json.dumps(k)}: {_spaced(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_spaced, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def rewrite(document: str, answers: dict[tuple[int, int], Any]) -> None:
    """Replace the answers in the document by those given."""
    path = ROOT / document
    text = path.read_text("utf-8")
    for (start, end), answer in sorted(answers.items(), reverse=True):
        text = text[:start] + written(answer) + "\n" + text[end:]
    path.write_text(text, "utf-8")
