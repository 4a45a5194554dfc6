"""Status as a timeline, pure functions: by pace, by whether a limit holds, when stale, which to display.

The first that applies: outcome, paused or dropped, stale, reported, by pace, pending. On track is a gap
of at most 0.10 behind the expected progress, at risk at most 0.25, off track beyond; nothing is judged
before 5 % of the time has passed. A limit is on track while it holds and off track while it does not. A
key result becomes stale, while its cycle runs, when the slot closes that follows its latest check-in, or
where no cadence is set ten days after that, seven until the next is due and three of grace; the same after it
was created if there is none. An objective is never stale by itself: one of which nothing has been measured is
pending, and stale while any of its parts is. What was reported of either lapses when it falls silent.
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
CADENCE = timedelta(days=7)  # where none is set: from the latest check-in, also of a service
GRACE = timedelta(days=3)
MAX_SPANS_CACHED = 10_000  # cached results of `pending_until`
ANY_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)


def is_planned(objective: Objective, cycle: Cycle) -> bool:
    """Return whether it is still being planned, by itself or with its cycle: nothing is judged before."""
    return cycle.state is CycleState.DRAFT or objective.state is ObjectiveState.DRAFT


@lru_cache(maxsize=MAX_SPANS_CACHED)
def pending_until(begin: datetime, due: datetime) -> datetime:
    """Return the instant from which the pace is judged."""
    return begin + max(due - begin, timedelta(0)) * PENDING_SHARE


def silent_without_cadence(checked_in_at: datetime) -> datetime:
    """Return the instant at which a check-in is overdue beyond grace, where no cadence is set."""
    return checked_in_at + CADENCE + GRACE


def paced(progress: float | None, curve: Curve, *, judged_from: datetime) -> Timeline:
    """Return the status by pace alone, with constant progress against the rising expectation."""
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


def at_best(timeline: Timeline, limit: Status) -> Timeline:
    """Return the timeline with ON_TRACK replaced by the limit, such as AT_RISK."""
    if Status.ON_TRACK not in timeline.statuses:
        return timeline
    capped = [limit if status is Status.ON_TRACK else status for status in timeline.statuses]
    kept_turns = [place for place, (before, after) in enumerate(pairwise(capped)) if before is not after]
    statuses = (capped[0], *(capped[place + 1] for place in kept_turns))
    return Timeline(statuses, tuple(timeline.turns[place] for place in kept_turns))


def kept(holds: bool | None, *, judged_from: datetime) -> Timeline:
    """Return the status of a limit: on track while it holds, off track while it does not."""
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
    """Return the status to show; `settled` is one independent of time: the outcome, paused, dropped."""
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


def stale_between(cycle: Cycle, end: datetime, *, since: datetime) -> datetime | None:
    """Return when a key result that falls silent `since` is stale; None outside its running cycle."""
    if cycle.state is not CycleState.ACTIVE:
        return None
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
    """Yield the (start, end) of each STALE span; no timeline starts or ends with one."""
    for place, (begin, end) in enumerate(pairwise(timeline.turns), start=1):
        if timeline.statuses[place] is Status.STALE:
            yield begin, end


def _timeline(status: Callable[[datetime], Status], *turns: datetime | None) -> Timeline:
    """Return the timeline of a status that can only change at the given instants."""
    instants = sorted({turn for turn in turns if turn is not None})
    statuses = [status(instants[0] - INSTANT if instants else ANY_INSTANT)]
    kept_turns: list[datetime] = []
    for instant in instants:
        following = status(instant)
        if following is not statuses[-1]:
            statuses.append(following)
            kept_turns.append(instant)
    return Timeline(tuple(statuses), tuple(kept_turns))
