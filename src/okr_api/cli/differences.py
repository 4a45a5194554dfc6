"""Sentences for the stored values that `verify` and `recount` found to differ from recomputed ones."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from okr_api.okr.computed_values import Timeline
from okr_api.services.number_differences import Difference
from okr_api.store.change_nodes import ListingDifference

MAX_SHOWN_CHARACTERS = 160


def noun_of(differences: Sequence[Difference | ListingDifference]) -> str:
    """Return what differs: `number`, or `value` if some are none."""
    return "number" if all(isinstance(each, Difference) for each in differences) else "value"


def sentence_of(difference: Difference | ListingDifference) -> str:
    """Return a sentence with what is stored and what it should be.

    For a number that is its node's kind, title and id; for the list of changes by node, the change.
    """
    if isinstance(difference, ListingDifference):
        kind = "as an edit" if difference.is_direct else "as one that moved its numbers"
        place = f"among the changes of {difference.node_id} {kind}"
        if difference.is_missing:
            return f"change {difference.seq} is not listed {place}"
        return f"change {difference.seq} is listed {place}, which it is not"
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
