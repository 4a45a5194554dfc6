"""GraphQL type of experiments with their measured effect, and the fields that list them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    gathered,
    global_id,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.lesson_filters import ExperimentFilterArgument, ExperimentOrderArgument
from okr_api.graphql.ordering import ordering
from okr_api.graphql.types.comment import CommentsOfExperiment
from okr_api.graphql.types.lesson import LessonsOfExperiment
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.graphql.work_enums import EffectComparison, EffectReason, ExperimentOutcome, ExperimentState
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.experiment_effects import load_effects
from okr_api.query_engine.field_sources import Page
from okr_api.store.hidden_rows import HIDDEN_EXPERIMENT

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.people import Person


@view_of()
@strawberry.type(
    description="Effect of an experiment by the readings of its key result: those while it ran, until now or "
    "its last day, against those in as many days before. Computed when read, so that corrected check-ins "
    "count; at most the latest 200 readings of each time."
)
class ExperimentEffect:
    reason: EffectReason | None = column("reason", "Why there is no `difference`; null if there is one.")
    comparison: EffectComparison | None = column(
        "comparison", "How `difference` was computed; null if there is none."
    )
    compared_from: datetime | None = column(
        "compared_from", "Begin of the time before, included; null until the experiment starts."
    )
    compared_until: datetime | None = column(
        "compared_until", "End of the time in which it ran, excluded; null until the experiment starts."
    )
    count_before: int = column("count_before", "Number of readings before.")
    count_during: int = column("count_during", "Number of readings while it ran.")
    mean_before: float | None = column(
        "mean_before", "Mean of the readings before, in the unit of the key result; null without one."
    )
    mean_during: float | None = column(
        "mean_during", "Mean of the readings while it ran, in that unit; null without one."
    )
    difference: float | None = column(
        "difference", "`meanDuring` minus `meanBefore`; null with a `reason`, such as too few readings."
    )
    relative_difference: float | None = column(
        "relative_difference",
        "`difference` as a share of `meanBefore`: 0.1 is 10 % more. Null if that is 0, or without a "
        "difference.",
    )
    latest_value: float | None = column(
        "latest", "Last reading while it ran, in the unit of the key result; null without one."
    )
    reached_expected: bool | None = column(
        "reached_expected",
        "Whether `latestValue` is at `expectedValue` or beyond it, seen from `meanBefore`; null if one of "
        "the three is, or if the two last are equal.",
    )


@view_of(
    "(select * from experiment where not removed)",
    hidden=HIDDEN_EXPERIMENT,
    expressions=recorded("experiment_version"),
)
@strawberry.type(
    description="A hypothesis about what moves a key result, and what came of trying it. It changes no "
    "number, and is visible where its key result is."
)
class Experiment(CommentsOfExperiment, LessonsOfExperiment, Node):
    id: strawberry.ID = global_id(NodeType.EXPERIMENT)
    external_id: str | None = external_id()
    hypothesis: str = column(
        "hypothesis",
        'What is believed, such as "We believe that fewer fields will bring more bookings", as CommonMark; '
        "1 to 10,000 characters.",
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] = one(
        "key_result_id", "Key result that it is to move.", seen=True
    )
    what_changes: str | None = column(
        "what_changes",
        "What is changed for it, as CommonMark, at most 10,000 characters; null if nothing was said.",
    )
    expected_value: float | None = column(
        "expected_value", "Value that the key result is expected to reach by it, in `unit`; null if none is."
    )
    expected_by: date | None = column(
        "expected_by", "Day by which the effect is expected; null if there is none."
    )
    owner: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "owner_id", "Person who sees to it, and may edit and conclude it; null if unassigned."
    )
    state: ExperimentState = column("state", "PLANNED, RUNNING, CONCLUDED or ABANDONED.")
    started_on: date | None = column(
        "started_on", "First day in the organisation's time zone; null until it starts."
    )
    ended_on: date | None = column("ended_on", "Last day; null until it is concluded or abandoned.")
    outcome: ExperimentOutcome | None = column(
        "outcome", "What people concluded; null unless it is concluded."
    )
    conclusion: str | None = column(
        "conclusion",
        "What was learned, or why it was abandoned, as CommonMark, at most 10,000 characters; null until "
        "it is over, or if nothing was said.",
    )
    measured_effect: ExperimentEffect = gathered(
        load_effects, "What the readings say: before it and while it ran; `reason` says why they do not."
    )
    viewer_can: ViewerCan = viewer_can(NodeType.EXPERIMENT)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class ExperimentsOfKeyResult:
    """Base of the type of key results: the experiments that are to move them."""

    @paged(
        Page(by="{row}.key_result_id", seen=True, ordering=ordering, check=validate_filter),
        "Experiments that are to move it, also those that are over, in order of creation unless `orderBy` is "
        "given. `Query.experiments` finds those of an objective with `filter: { objective }`.",
    )
    def experiments(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ExperimentFilterArgument = None,
        order_by: ExperimentOrderArgument = None,
    ) -> Connection[Experiment]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class ExperimentsOfPerson:
    """Base of the type of people: the experiments that a person sees to."""

    @paged(
        Page(by="{row}.owner_id", ordering=ordering, check=validate_filter),
        "Experiments that the person owns, also those that are over, without those that you cannot see; in "
        "order of creation unless `orderBy` is given.",
    )
    def experiments(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ExperimentFilterArgument = None,
        order_by: ExperimentOrderArgument = None,
    ) -> Connection[Experiment]:
        raise AssertionError("It is read by its declaration")
