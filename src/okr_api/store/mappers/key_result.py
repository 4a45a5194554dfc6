"""Mappers between key result rows and `KeyResult` (measure, revisions), its standing and its roll-up part."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from okr_api.okr.computed_values import KeyResultStanding
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.key_result import KeyResult, KeyResultState, counts
from okr_api.okr.measure import Measure, Milestone
from okr_api.okr.rollup_summary import GuardRail, KeyResultPart
from okr_api.okr.target_revision import TargetRevision
from okr_api.store.bulk_write import Row

from .computed_columns import MOVING, moving_columns, part_status_of
from .row_mapper import maybe, row_mapper, words

STATES = words(KeyResultState)


def _milestones_of(row: Row) -> tuple[Milestone, ...]:
    return tuple(
        [
            Milestone(m["key"], m["name"], m["weight"], maybe(date.fromisoformat, m["dueOn"]))
            for m in row["milestones"]
        ]
    )


def _counts_of(row: Row) -> bool:
    return counts(STATES[row["state"]], row["weight"])


def _revisions_of(row: Row) -> tuple[TargetRevision, ...]:
    return tuple([_revision_of(document) for document in row["target_revisions"]])


def _revision_of(document: Mapping[str, Any]) -> TargetRevision:
    return TargetRevision(
        at=datetime.fromisoformat(document["at"]),
        author_name=document["author_name"],
        author_person_id=maybe(UUID, document["author_person_id"]),
        reason=document["reason"],
        before=MEASURE.object_of(document["before"]),
        after=MEASURE.object_of(document["after"]),
        eased=document["eased"],
    )


def _guard_of(row: Row) -> GuardRail | None:
    if row["role"] != KeyResultRole.GUARD_RAIL or row["state"] != KeyResultState.ACTIVE:
        return None
    return GuardRail.judged(row["holds"], row["held_share_at_end"], row["broken_budget"])


MEASURE = row_mapper(Measure, {"milestones": _milestones_of}, {"kind": "measure"})
KEY_RESULT = row_mapper(KeyResult, {"measure": MEASURE.object_of, "target_revisions": _revisions_of})
STANDING = row_mapper(KeyResultStanding, MOVING, {"start_value": "counted_from"})
KEY_RESULT_NUMBERS = STANDING.columns  # the numbers that a change can move
key_result_of = KEY_RESULT.object_of
key_result_standing_of = STANDING.object_of
key_result_part_of = row_mapper(
    KeyResultPart, {"counts": _counts_of, "status": part_status_of, "guard": _guard_of}
).object_of
key_result_numbers = STANDING.row_of


def key_result_row(key_result: KeyResult, standing: KeyResultStanding) -> dict[str, Any]:
    """Return the columns of a key result and its standing."""
    row = KEY_RESULT.row_of(key_result)
    row |= _measure_columns(key_result.measure)
    row["target_revisions"] = [_revision_document(revision) for revision in key_result.target_revisions]
    row |= STANDING.row_of(standing)
    row |= moving_columns(standing)
    return row


def _measure_columns(measure: Measure) -> dict[str, Any]:
    """Return the columns of a measure, which are also its document in a target revision."""
    return MEASURE.row_of(measure) | {"milestones": _milestones_document(measure.milestones)}


def _revision_document(revision: TargetRevision) -> dict[str, Any]:
    """Return a target revision as a stored document."""
    return {
        "at": revision.at.isoformat(),
        "author_name": revision.author_name,
        "author_person_id": maybe(str, revision.author_person_id),
        "reason": revision.reason,
        "before": _measure_columns(revision.before),
        "after": _measure_columns(revision.after),
        "eased": revision.eased,
    }


def _milestones_document(milestones: Sequence[Milestone]) -> list[dict[str, Any]]:
    """Return milestones as stored documents, with the keys of the GraphQL API."""
    return [{"key": m.key, "name": m.name, "weight": m.weight, "dueOn": m.due_on} for m in milestones]
