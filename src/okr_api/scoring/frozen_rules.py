"""Frozen rules: what a cycle is closed under, and standings that the clock moves no more."""

from datetime import UTC, datetime
from uuid import UUID

from okr_api.okr.calendar import MAX_DAY
from okr_api.okr.computed_values import Curve, Timeline
from okr_api.okr.cycle import Cycle
from okr_api.okr.frozen_rules import FrozenRules
from okr_api.okr.tree import Tree

from .grading import GREEN_FROM, YELLOW_FROM
from .pace import expected_progress, instant_of
from .status import AT_RISK_GAP, ON_TRACK_GAP, PENDING_SHARE

RULES_VERSION = 1
"""Version of the rules by which numbers are computed; stored with each cycle that is closed.

Raise it in the change that computes any number of a closed cycle differently from the same facts: by another
formula, threshold or order of summing, or by what counts. Cycles closed under another version keep their
numbers: `okr-api verify` and `recount` leave them as they stand. One that is opened again is computed by the
present rules.
"""
NEVER = datetime(MAX_DAY.year + 1, 1, 1, tzinfo=UTC)  # lapses what was reported when a cycle was closed


def rules_at_closing(tree: Tree, objectives: list[UUID], at: datetime) -> FrozenRules:
    """Return what a cycle with these objectives is closed under; what is above them is in the tree."""
    counted = [id for id in objectives if tree.objectives[id].counts]
    return FrozenRules(
        version=RULES_VERSION,
        at=at,
        time_zone=tree.organization.time_zone,
        holiday_calendar=tree.organization.holiday_calendar,
        pending_share=PENDING_SHARE,
        on_track_gap=ON_TRACK_GAP,
        at_risk_gap=AT_RISK_GAP,
        yellow_from=YELLOW_FROM,
        green_from=GREEN_FROM,
        objective_count=len(counted),
        aligned_count=sum(_is_aligned(tree, id) for id in counted),
    )


def _is_aligned(tree: Tree, objective_id: UUID) -> bool:
    """Return whether an objective serves a priority or another objective, or stands alone with a reason."""
    objective = tree.objectives[objective_id]
    if objective.priority_ids or objective.stands_alone_reason is not None:
        return True
    return any(not tree.objectives[id].is_unpublished for id in tree.parents_of(objective_id))


def is_frozen(tree: Tree, objective_id: UUID) -> bool:
    """Return whether the cycle of an objective is closed and was before: its numbers stay as they are."""
    id = tree.objectives[objective_id].cycle_id
    known = tree.cycles.before(id)
    return known is not None and known.rules is not None and tree.cycles[id].rules is not None


def has_former_rules(cycle: Cycle) -> bool:
    """Return whether a cycle was closed under other rules than the present ones: nothing recomputes it."""
    return cycle.rules is not None and cycle.rules.version != RULES_VERSION


def cut_curve(curve: Curve, cycle: Cycle) -> Curve:
    """Return the expected progress, which rises no more once the cycle is closed."""
    if cycle.rules is None or not curve or curve[-1][0] <= cycle.rules.at:
        return curve
    at = cycle.rules.at
    expected = expected_progress(curve, at)
    assert expected is not None
    return (*(point for point in curve if instant_of(point) <= at), (at, expected))


def cut_timeline(timeline: Timeline, cycle: Cycle) -> Timeline:
    """Return the statuses without those that would follow once the cycle is closed."""
    if cycle.rules is None or not timeline.turns or timeline.turns[-1] <= cycle.rules.at:
        return timeline
    turns = tuple(turn for turn in timeline.turns if turn <= cycle.rules.at)
    return Timeline(timeline.statuses[: len(turns) + 1], turns)


def lapses_at(until: datetime | None, cycle: Cycle) -> datetime | None:
    """Return when a reported status lapses: never, if it stood when the cycle was closed."""
    return NEVER if cycle.rules is not None and until is not None and until > cycle.rules.at else until
