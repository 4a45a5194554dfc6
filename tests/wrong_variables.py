"""Wrong variables of clients: each part missing, null, of another type, or beside something unknown."""

from collections.abc import Iterator
from typing import Any

OTHERS = ("", "text", 7, 2.5, -1, 2**40, True, [], [None], {}, {"unknown": 1}, None)


def variants(value: Any) -> Iterator[Any]:
    """Yield the value with each part of it missing, null, of other types, or beside something unknown."""
    yield from OTHERS
    if isinstance(value, dict):
        yield {**value, "unknown": 1}
        for key in value:
            yield {name: one for name, one in value.items() if name != key}
            for other in variants(value[key]):
                yield {**value, key: other}
    if isinstance(value, list):
        for place, one in enumerate(value):
            for other in variants(one):
                yield [*value[:place], other, *value[place + 1 :]]


def wrong(right: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a client might send instead of the right variables; the right ones come last."""
    return [*(one for one in variants(right) if isinstance(one, dict)), {**right, "more": 1}, right]
