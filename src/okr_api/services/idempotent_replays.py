"""Idempotent replays of check-ins: the first result, without what is hidden from the actor now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from okr_api.okr.errors import NotFound
from okr_api.store.unit_of_work import Work

from .check_in_lookup import CheckInRequest, Lookup, named_in
from .mutation_runner import ItemError, MutationResult, without_hidden_deltas


def is_worded(record: Mapping[str, Any]) -> bool:
    """Return whether an idempotency record has messages, which may name hidden entities."""
    kept = record["outcome"]
    return bool(kept["items"] or kept.get("notices"))


async def replayed_as_seen(
    work: Work, items: Sequence[CheckInRequest], found: Lookup, outcome: MutationResult
) -> MutationResult:
    """Return a replayed result without what is hidden from the actor.

    If an item refers to something hidden, its error becomes `NotFound` and its notices are dropped: their
    messages were written for the first caller, who may have seen more.
    """
    if work.visibility.is_everything:
        return outcome
    hidden: dict[str, NotFound] = {}
    if outcome.item_errors or outcome.notices:
        for place, item in enumerate(items):
            try:
                if not item.problem:
                    named_in(work, item, found, {})
            except NotFound as refusal:
                hidden[str(place)] = refusal
    errors = tuple(
        ItemError(error.index, refused.code(), refused.message, refused.path)
        if (refused := hidden.get(str(error.index)))
        else error
        for error in outcome.item_errors
    )
    notices = tuple(notice for notice in outcome.notices if not hidden.keys() & set(notice.path[1:2]))
    return await without_hidden_deltas(work, replace(outcome, item_errors=errors, notices=notices))
