"""Format differences between stored and recomputed numbers as sentences."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from okr_api.okr.computed_values import Timeline
from okr_api.services.recompute import Difference

MAX_SHOWN_CHARACTERS = 160


def sentence_of(difference: Difference) -> str:
    """Return a sentence with the stored and the recomputed value, and the node's kind, title and id."""
    kind = difference.node_type.lower().replace("_", " ")
    return (
        f'{kind} "{difference.title}" ({difference.node_id}): '
        f"{difference.field.replace('_', ' ')} is stored as {words_of(difference.stored)}, "
        f"recomputed it is {words_of(difference.recomputed)}"
    )


def words_of(value: object) -> str:
    """Return a value as text, such as `none`, `true`, `0.25` or an instant; cut to `MAX_SHOWN_CHARACTERS`."""
    words = _words(value)
    return words if len(words) <= MAX_SHOWN_CHARACTERS else f"{words[: MAX_SHOWN_CHARACTERS - 1]}…"


def _words(value: Any) -> str:
    match value:
        case None | ():
            return "none"
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Timeline(statuses=(first, *others), turns=turns):
            return _listed(
                [str(first), *(f"{s} from {_words(t)}" for s, t in zip(others, turns, strict=True))]
            )
        case ((datetime(), _), *_):
            return _listed(f"{fraction} at {_words(at)}" for at, fraction in value)
        case tuple() | list():
            return _listed(map(_words, value))
    return str(value)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
