"""Status: what to show beside a name, for every instant to come.

The first that applies: how it ended, paused or dropped, stale, what was reported, what the pace
says, pending. On track is a gap of at most 0.10 behind the expected progress, at risk at most
0.25, off track beyond; nothing is judged before 5 % of the time has passed. A limit is on track
while it holds and off track while it is broken. A key result is stale, while its cycle runs, ten
days after its latest check-in, or while there is none after it was created: seven until the next
is due and three of grace. An objective of which nothing has been measured is pending, and stale
while any of its parts is.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from okr_api.okr.computed_values import Curve, Status, Timeline
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.objective import Objective, ObjectiveState

from .pace import INSTANT, first_above

ON_TRACK_GAP = 0.10
AT_RISK_GAP = 0.25
PENDING_SHARE = 0.05
CADENCE = timedelta(days=7)
GRACE = timedelta(days=3)
MAX_SPANS_CACHED = 10_000  # of which it is remembered when they begin to be judged
ANY_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)


def is_planned(objective: Objective, cycle: Cycle) -> bool:
    """Whether it is still being planned, by itself or with its cycle: nothing is judged before."""
    return cycle.state is CycleState.DRAFT or objective.state is ObjectiveState.DRAFT


@lru_cache(maxsize=MAX_SPANS_CACHED)
def pending_until(begin: datetime, due: datetime) -> datetime:
    """The instant from which the pace is judged."""
    return begin + max(due - begin, timedelta(0)) * PENDING_SHARE


def silent_from(checked_in_at: datetime) -> datetime:
    """The instant at which a check-in is overdue beyond grace, and what it reported lapses."""
    return checked_in_at + CADENCE + GRACE


def paced(progress: float | None, curve: Curve, *, judged_from: datetime) -> Timeline:
    """The status by pace alone: progress stands still while what is expected climbs."""
    if progress is None or not curve:
        return Timeline((Status.PENDING,))
    turns, statuses = [judged_from], [Status.PENDING]
    following = Status.ON_TRACK
    for gap, beyond in ((ON_TRACK_GAP, Status.AT_RISK), (AT_RISK_GAP, Status.OFF_TRACK)):
        turn = first_above(curve, progress + gap)
        if turn is None:
            break
        if turn > turns[-1]:
            turns.append(turn)
            statuses.append(following)
        following = beyond
    return Timeline((*statuses, following), tuple(turns))


def kept(holds: bool | None, *, judged_from: datetime) -> Timeline:
    """The status of a limit: on track while it holds, off track while it is broken."""
    if holds is None:
        return Timeline((Status.PENDING,))
    return Timeline((Status.PENDING, Status.ON_TRACK if holds else Status.OFF_TRACK), (judged_from,))


def shown(
    derived: Timeline,
    *,
    settled: Status | None = None,
    stale_from: datetime | None = None,
    stale_until: datetime | None = None,
    reported: Status | None = None,
    reported_until: datetime | None = None,
) -> Timeline:
    """The status to show. `settled` is one that no clock changes: the outcome, paused, dropped."""
    if settled is not None:
        return Timeline((settled,))
    if stale_from is None and reported is None:
        return derived

    def status(at: datetime) -> Status:
        if stale_from is not None and stale_until is not None and stale_from <= at < stale_until:
            return Status.STALE
        if reported is not None and reported_until is not None and at < reported_until:
            return reported
        return derived.at(at)

    return _timeline(status, stale_from, stale_until, reported_until, *derived.turns)


def stale_between(cycle: Cycle, end: datetime, *, latest_sign: datetime) -> datetime | None:
    """The instant from which a key result is stale, or None: nothing is outside its running cycle.

    Its latest sign of life is a check-in; before the first one that it was created, or its cycle began.
    """
    if cycle.state is not CycleState.ACTIVE:
        return None
    since = silent_from(latest_sign)
    return since if since < end else None


def stale_with(timelines: Iterable[Timeline]) -> Timeline:
    """Return STALE while any of the timelines is, PENDING before, between and after."""
    turns: list[datetime] = []
    for begin, end in sorted(span for timeline in timelines for span in _stale_spans(timeline)):
        if turns and begin <= turns[-1]:
            turns[-1] = max(turns[-1], end)
        else:
            turns += [begin, end]
    return Timeline((Status.PENDING, *[Status.STALE, Status.PENDING] * (len(turns) // 2)), tuple(turns))


def _stale_spans(timeline: Timeline) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when until when it is STALE, which it never is from the beginning or for ever."""
    for place, (begin, end) in enumerate(pairwise(timeline.turns), start=1):
        if timeline.statuses[place] is Status.STALE:
            yield begin, end


def _timeline(status: Callable[[datetime], Status], *turns: datetime | None) -> Timeline:
    """The timeline of a status that can only change at the given instants."""
    instants = sorted({turn for turn in turns if turn is not None})
    statuses = [status(instants[0] - INSTANT if instants else ANY_INSTANT)]
    kept_turns: list[datetime] = []
    for instant in instants:
        following = status(instant)
        if following is not statuses[-1]:
            statuses.append(following)
            kept_turns.append(instant)
    return Timeline(tuple(statuses), tuple(kept_turns))
