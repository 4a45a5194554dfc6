"""Mappers from `Change` and `Delta` objects to columns and stored JSON documents."""

from dataclasses import fields
from operator import attrgetter
from typing import Any

from okr_api.okr.change import Change, Delta

NAMES = tuple(field.name for field in fields(Delta))
VALUES = attrgetter(*NAMES)


def change_row(change: Change) -> dict[str, Any]:
    """Return the columns of a change."""
    return {
        "seq": change.seq,
        "recorded_at": change.recorded_at,
        "kind": change.kind,
        "author_name": change.author.name,
        "author_person_id": change.author.person_id,
        "node_type": change.node_type,
        "node_id": change.node_id,
        "fields": change.fields,
        "reason": change.reason,
        "deltas": change.deltas,  # the stored documents have their field names as keys
        "check_in_ids": change.check_in_ids,
        "related_ids": change.related_ids,
        "token_id": change.token_id,
        "request_id": change.request_id,
        "due_at": change.due_at,
    }


def delta_document(delta: Delta) -> dict[str, Any]:
    """Return the JSON document that a change stores for a delta: its fields by name."""
    return dict(zip(NAMES, VALUES(delta), strict=True))
