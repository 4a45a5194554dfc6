"""Text of answers, to be read and checked by people: one line for each item, with local times and external ids.

A line has the values of an item in the order of the question. `–` is null.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
ID = re.compile(r"\b[a-z]{3}_[0-9a-f]{32}\b")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def local(instant: str) -> str:
    """Return an instant as its local time, with seconds only if there are any."""
    at = datetime.fromisoformat(instant).astimezone(ZONE)
    seconds = f":{at:%S.%f}" if at.second or at.microsecond else ""
    return f"{at:%a %m-%d %H:%M}{seconds}"


def named(value: Any, names: Mapping[str, str]) -> Any:
    """Return an answer with external ids in place of ids; what has no external id is `<type>`."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(ID.sub(lambda id: names.get(id[0]) or f"<{id[0][:3]}>", text))


def word(value: Any) -> str:
    """Return the text of a value that is neither an object nor a list of objects."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case list():
            return f"[{', '.join(map(word, value))}]"
        case str() if INSTANT.fullmatch(value):
            return local(value)
    return str(value)


def lines(name: str, answer: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield the lines of an answer: its own values after its name, then the items of its lists.

    Lists of objects that are empty are left out.
    """
    yield f"{indent}{name} {'  '.join(_words(answer))}".rstrip()
    yield from _lists(answer, indent + "    ")


def _is_list(value: Any) -> bool:
    return isinstance(value, dict) and "nodes" in value


def _is_items(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _words(item: Mapping[str, Any]) -> Iterator[str]:
    for value in item.values():
        if isinstance(value, dict):
            yield from () if _is_list(value) else _words(value)
        elif not _is_items(value):
            yield word(value)


def _lists(answer: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in answer.items():
        if _is_list(value) and value["nodes"]:
            yield from lines(f"{name}:", value, indent)
        elif name == "nodes" or _is_items(value):
            yield from (text for item in value for text in lines("-", item, indent))
        elif isinstance(value, dict) and not _is_list(value):
            yield from _lists(value, indent)
