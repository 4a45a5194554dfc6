"""What a roll-over answers of each objective, as documents that an idempotency record can keep."""

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.roll_over import CarriedAlignment, CarriedKeyResult, CarriedObjective
from okr_api.store.unit_of_work import Work

Entry = Mapping[str, Any]


def entries_of(
    work: Work, plan: Sequence[CarriedObjective], *, dry_run: bool
) -> Generator[None, None, list[Entry]]:
    """Return what became of each objective of a plan, as far as the actor sees it; yield after each.

    Ids are hex digits. A dry run has no new ids.
    """
    entries: list[Entry] = []
    for each in plan:
        is_new = each.successor is not None
        entries.append(
            {
                "objective_id": each.known.id.hex,
                "outcome": each.outcome,
                "decision": each.decision,
                "successor_id": _id(None if dry_run and is_new else each.successor_id),
                "left_out": list(each.left_out),
                "key_results": [_key_result(part, dry_run=dry_run) for part in each.key_results],
                "alignments": [
                    _alignment(work, each.known.id, edge)
                    for edge in each.alignments
                    if work.shows(edge.known_parent_id)
                ],
            }
        )
        yield
    return entries


def _id(id: UUID | None) -> str | None:
    return None if id is None else id.hex


def _key_result(carried: CarriedKeyResult, *, dry_run: bool) -> Entry:
    successor = carried.successor
    return {
        "key_result_id": carried.known.id.hex,
        "outcome": carried.outcome,
        "successor_id": None if dry_run or successor is None else successor.id.hex,
        "start_value": successor and successor.measure.start_value,
        "target_value": successor and successor.measure.target_value,
        "left_out": list(carried.left_out),
    }


def _alignment(work: Work, child_id: UUID, edge: CarriedAlignment) -> Entry:
    through = edge.known_parent_id in work.tree.key_results
    return {
        "parent_type": "KEY_RESULT" if through else "OBJECTIVE",
        "parent_id": edge.known_parent_id.hex,
        "kind": edge.kind,
        "weight": edge.weight,
        "outcome": edge.outcome,
    }


def named_in(entries: Sequence[Entry]) -> list[UUID]:
    """Return the objectives and key results that entries name as those of the earlier cycle."""
    return [
        UUID(id)
        for entry in entries
        for id in (entry["objective_id"], *(edge["parent_id"] for edge in entry["alignments"]))
    ]


def without_hidden(entries: Sequence[Entry], hidden: Collection[UUID]) -> list[Entry]:
    """Return the entries without what is hidden now."""
    return [
        {
            **entry,
            "alignments": [edge for edge in entry["alignments"] if UUID(edge["parent_id"]) not in hidden],
        }
        for entry in entries
        if UUID(entry["objective_id"]) not in hidden
    ]
