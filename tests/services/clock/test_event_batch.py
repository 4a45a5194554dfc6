"""Batches of events: from any sources, in batches of any size, each event comes once and in order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from okr_api.okr.author import CLOCK
from okr_api.okr.change import Delta
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.clock_event import INSTANT, ClockEvent, ClockPosition
from okr_api.okr.computed_values import Status
from okr_api.okr.entity import NodeType
from okr_api.services.clock.event_batch import changes_of, next_batch

BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
END = BEGIN + timedelta(seconds=10)


def event(at: int, node: int, *, rank: int = 0, turns: bool = False) -> ClockEvent:
    id = UUID(int=node)
    delta = Delta(NodeType.OBJECTIVE, id, 0.5, 0.5, Status.ON_TRACK, Status.AT_RISK) if turns else None
    kind = ChangeKind.STATUS_TURNED if turns else ChangeKind.CYCLE_BEGUN
    related = (UUID(int=90 + node % 2),) if turns else ()
    return ClockEvent(BEGIN + at * INSTANT, id, kind, NodeType.OBJECTIVE, delta, rank, related)


def asked(events: Sequence[ClockEvent], after: ClockPosition, limit: int) -> list[ClockEvent]:
    """Answer as a source does."""

    def is_left(one: ClockEvent) -> bool:
        at_once = after.node_id is not None and one.due_at == after.until and one.node_id > after.node_id
        return one.due_at > after.until or at_once

    return sorted(filter(is_left, events), key=lambda one: one.key)[:limit]


EVENTS = st.lists(
    st.builds(event, st.integers(1, 4), st.integers(1, 9), rank=st.integers(0, 2)),
    unique_by=lambda one: one.key,
    max_size=20,
)


@given(st.lists(EVENTS, min_size=1, max_size=3), st.integers(1, 7))
def test_each_event_comes_once_and_in_order_in_batches_of_any_size(
    sources: list[list[ClockEvent]], limit: int
):
    positions = [ClockPosition(BEGIN) for _ in sources]
    told: list[tuple[int, ClockEvent]] = []
    is_last = False
    while not is_last:
        found = [asked(events, at, limit) for events, at in zip(sources, positions, strict=True)]
        batch = next_batch(found, positions, END, limit)
        positions, is_last = list(batch.positions), batch.is_last
        assert len(batch.events) <= limit * len(sources)
        told += batch.events
    assert positions == [ClockPosition(END)] * len(sources)
    every = [(place, one) for place, events in enumerate(sources) for one in events]
    assert sorted(told, key=repr) == sorted(every, key=repr)
    order = [(one.due_at, place) for place, one in told]
    assert order == sorted(order)
    if limit > max(map(len, sources)):
        assert told == sorted(every, key=lambda one: (one[1].due_at, one[0], one[1].rank, one[1].node_id))


def test_a_position_never_moves_back():
    known = [ClockPosition(END), ClockPosition(END, UUID(int=1)), ClockPosition(BEGIN)]
    batch = next_batch([[], [], []], known, BEGIN + INSTANT, 5)
    assert batch.positions == [*known[:2], ClockPosition(BEGIN + INSTANT)]


def test_what_turns_at_one_instant_is_one_change_and_other_events_have_their_own():
    events = [
        (0, event(1, 1)),
        (0, event(1, 2)),
        (1, event(1, 3, turns=True)),
        (1, event(1, 4, turns=True)),
        (1, event(2, 3, turns=True)),
    ]
    changes = changes_of(events, first_seq=7, at=END)
    assert [(one.seq, one.node_id.int, len(one.deltas)) for one in changes] == [
        (7, 1, 0),
        (8, 2, 0),
        (9, 3, 2),
        (10, 3, 1),
    ]
    assert [id.int for id in changes[2].related_ids] == [91, 4, 90]
    assert {one.author for one in changes} == {CLOCK}
    assert [one.due_at for one in changes] == [BEGIN + number * INSTANT for number in (1, 1, 1, 2)]


def test_what_is_not_confirmed_is_not_told():
    batch = next_batch([[event(1, 1), event(1, 2)]], [ClockPosition(BEGIN)], END, 5)
    assert batch.still([(0, event(1, 2)), (0, event(2, 1))]) == [(0, event(1, 2))]
