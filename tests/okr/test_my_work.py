"""What somebody owes: order, sentences, and slots as work."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from uuid import UUID

import pytest

from okr_api.okr.check_in_slots import CheckInSlotState, Due, Slot
from okr_api.okr.entity import NodeType
from okr_api.okr.my_work import REASONS, WorkItem, WorkKind, WorkReason, in_order, work_of_slot

NOON = datetime(2026, 6, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def item(kind: WorkKind, due: float | None, since: float = 0, id: int = 1) -> WorkItem:
    due_at = None if due is None else NOON + due * DAY
    reason = WorkReason.OWNS_DECISION
    return WorkItem(kind, NodeType.DECISION, UUID(int=id), reason, NOON + since * DAY, due_at)


def test_what_is_due_first_comes_first_and_what_is_due_at_no_time_last():
    ordered = [
        item(WorkKind.INITIATIVE, -2),
        item(WorkKind.CHECK_IN, -1, id=2),
        item(WorkKind.CHECK_IN, -1, id=3),
        item(WorkKind.DECISION, -1),
        item(WorkKind.CHECK_IN, 1),
        item(WorkKind.MENTION, None, since=-3),
        item(WorkKind.ROADBLOCK, None, since=-2),
        item(WorkKind.MENTION, None, since=-2),
    ]
    for some in permutations(ordered[2:7]):
        assert in_order(some) == ordered[2:7]
    assert in_order(Random(1).sample(ordered, len(ordered))) == ordered
    assert [one.is_overdue(NOON) for one in ordered] == [True] * 4 + [False] * 4
    assert item(WorkKind.CHECK_IN, 0).is_overdue(NOON)


@pytest.mark.parametrize("reason", WorkReason)
def test_every_reason_is_a_sentence(reason: WorkReason):
    assert REASONS.keys() == set(WorkReason)
    of = WorkItem(WorkKind.MENTION, NodeType.COMMENT, UUID(int=1), reason, NOON, name="Ana\n" + "a" * 200)
    assert of.why[0].isupper()
    assert of.why[-1] != "."
    assert "\n" not in of.why
    assert len(of.why) <= 200
    assert ("Ana" in of.why) == ("{name}" in REASONS[reason])


@pytest.mark.parametrize(
    ("state", "excused", "why"),
    (
        (CheckInSlotState.DUE, False, "Check in: it is due"),
        (CheckInSlotState.LATE, False, "Check in: it is late, and still possible"),
        (CheckInSlotState.EXCUSED, True, "Check in for Ana, who is absent"),
    ),
)
def test_an_open_slot_is_work_of_who_owes_it(state: CheckInSlotState, excused: bool, why: str):
    due = Due(NOON.date(), NOON, NOON - 3 * DAY, NOON + DAY, NOON + 3 * DAY)
    slot = Slot(due, state, None, UUID(int=2), UUID(int=1) if excused else None)
    work = work_of_slot(slot, NodeType.KEY_RESULT, UUID(int=9), {UUID(int=1): "Ana"})
    assert (work.why, work.since, work.due_at) == (why, NOON - 3 * DAY, NOON)
    assert (work.kind, work.node_type, work.node_id) == (
        WorkKind.CHECK_IN,
        NodeType.KEY_RESULT,
        UUID(int=9),
    )
