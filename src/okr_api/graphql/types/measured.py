"""Interface `Measured` of objectives and key results: the fields that both share, without their sources."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.activity_filter import (
    OF_MEASURED,
    ActivityFilterArgument,
    IsDirect,
    activity_loader,
)
from okr_api.graphql.fields import gathered_by
from okr_api.graphql.lesson_filters import LessonFilterArgument, LessonOrderArgument
from okr_api.graphql.list_arguments import CheckInFilterArgument, CheckInOrderArgument
from okr_api.graphql.path_arguments import PATHS, To, ToExternalId
from okr_api.graphql.record_filters import (
    DecisionFilterArgument,
    DecisionOrderArgument,
    RoadblockFilterArgument,
    RoadblockOrderArgument,
)
from okr_api.graphql.types.cadence import (
    CADENCE,
    EFFECTIVE_CADENCE,
    NEXT_DUE,
    ON_TIME_SHARE,
    SLOTS,
    Cadence,
    CheckInSlot,
    EffectiveCadence,
    SlotsFrom,
    SlotsTo,
)
from okr_api.graphql.types.check_in import CheckIn
from okr_api.graphql.types.check_in_draft import DRAFTS_OF_MEASURED, CheckInDraft
from okr_api.graphql.types.comment import COUNT, LISTED, Comment
from okr_api.graphql.types.decision import Decision
from okr_api.graphql.types.dependency import Dependency
from okr_api.graphql.types.explanation import Explanations
from okr_api.graphql.types.follow import VIEWER_FOLLOWS
from okr_api.graphql.types.grade import FINAL_SCORE, GRADE, Grade
from okr_api.graphql.types.history import (
    HISTORY,
    HistoryFrom,
    HistoryPoint,
    HistoryTo,
    MetricArgument,
    StepArgument,
)
from okr_api.graphql.types.initiative import Initiative
from okr_api.graphql.types.lesson import Lesson
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.people import Person
from okr_api.graphql.types.permissions import VIEWER_CAN, ViewerCan
from okr_api.graphql.types.reaction import REACTED_TO, ReactionCount
from okr_api.graphql.types.roadblock import Roadblock
from okr_api.graphql.work_filters import (
    DependencyFilterArgument,
    DependencyOrderArgument,
    InitiativeFilterArgument,
    InitiativeOrderArgument,
)
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.history import HistoryStep
from okr_api.query_engine.activity_statements import ActivityScope

if TYPE_CHECKING:
    from okr_api.graphql.types.activity import ChangeConnection
    from okr_api.graphql.types.advice import Advice
    from okr_api.graphql.types.progress_paths import ProgressPaths


@strawberry.interface(description="What objectives and key results share: their text, numbers and status.")
class Measured(Node):
    external_id: str | None = strawberry.field(
        description="Id in your own systems; unique per organisation and type. Null if none was given."
    )
    title: str = strawberry.field(description="Title, 1 to 500 characters.")
    description: str | None = strawberry.field(
        description="Details, at most 10,000 characters; null if there are none."
    )
    owner: Person | None = strawberry.field(description="Person accountable; null if unassigned.")
    version: int = strawberry.field(
        description="Number of edits of the definition, from 1. Pass it as `expectedVersion` to detect "
        "concurrent edits."
    )
    created_at: datetime = strawberry.field(
        description="When it was created, or imported; an import of its history keeps the instant."
    )
    updated_at: datetime = strawberry.field(
        description="When its definition was last edited, or when it was created. Numbers that move do not "
        "count."
    )
    progress: float | None = strawberry.field(
        description="Progress, 0 to 1; null if it cannot be computed, see `progressReason`."
    )
    progress_reason: ProgressReason | None = strawberry.field(
        description="Why `progress` is null; otherwise null."
    )
    coverage: float | None = strawberry.field(
        description="Share that has a reading, 0 to 1; null for an objective of which nothing counts."
    )
    confidence: float | None = strawberry.field(
        description="Confidence that it will be reached, 0 to 1; null if none was reported."
    )
    score: float | None = strawberry.field(
        description="Computed score, 0 to 1; null before the cycle ends or is in review, or if nothing was "
        "measured."
    )
    grade: Grade | None = strawberry.field(description=GRADE)
    final_score: float | None = strawberry.field(description=FINAL_SCORE)
    imported_score: float | None = strawberry.field(
        description="Score taken over from another system, unchanged and not used in any calculation; null "
        "if there is none."
    )
    band: Band | None = strawberry.field(
        description="Colour of the final score: RED below 0.4, YELLOW below 0.7, else GREEN. Null before the "
        "cycle ends or is in review, without a score, and for LEARNING."
    )
    expected_progress: float | None = strawberry.field(description="Progress expected by now, 0 to 1.")
    progress_gap: float | None = strawberry.field(
        description="`expectedProgress` minus `progress`; negative when ahead. Above 0.10 is at risk, above "
        "0.25 off track."
    )
    status: Status = strawberry.field(description="Status to display.")
    derived_status: Status = strawberry.field(
        description="Status calculated from progress against elapsed time, ignoring what people reported."
    )
    reported_status: ReportedStatus | None = strawberry.field(
        description="Status of the latest check-in on it that reported one; null without one, and once it "
        "has lapsed."
    )
    divergent: bool = strawberry.field(
        description="True if `reportedStatus` is not null and differs from `derivedStatus`; show a hint."
    )
    latest_check_in: CheckIn | None = strawberry.field(
        description="Of a key result the check-in that the current reading comes from, of an objective the "
        "latest one on itself; null without one."
    )
    next_status_change_at: datetime | None = strawberry.field(
        description="When `status` will change next by the clock alone, so that you can refresh then; null "
        "if it will not."
    )

    cadence: Cadence | None = strawberry.field(description=CADENCE)
    effective_cadence: EffectiveCadence | None = strawberry.field(description=EFFECTIVE_CADENCE)
    next_check_in_due_at: datetime | None = strawberry.field(description=NEXT_DUE)
    on_time_share: float | None = strawberry.field(description=ON_TIME_SHARE)

    @strawberry.field(description=SLOTS)
    def check_in_slots(self, since: SlotsFrom = None, until: SlotsTo = None) -> list[CheckInSlot]:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(description=HISTORY)
    def history(
        self,
        metric: MetricArgument,
        since: HistoryFrom = None,
        until: HistoryTo = None,
        step: StepArgument = HistoryStep.DAY,
    ) -> list[HistoryPoint]:
        raise AssertionError("It is read by the declaration of the type")

    hidden_count: int = strawberry.field(
        description="Number of published objectives directly beneath it that you cannot see. Its numbers "
        "count them all the same."
    )
    explain: Explanations = strawberry.field(
        description="How each of its numbers was computed: the rule with the numbers put in, and what its "
        "parts add."
    )
    viewer_can: ViewerCan = strawberry.field(description=VIEWER_CAN)
    coaching: list[Annotated["Advice", strawberry.lazy("okr_api.graphql.types.advice")]] = strawberry.field(
        description="Advice on how it is planned, the most severe first."
    )

    @strawberry.field(
        description="All check-ins, of an objective also those on its key results; corrected and retracted "
        "ones as well; latest first unless `orderBy` is given."
    )
    def check_ins(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CheckInFilterArgument = None,
        order_by: CheckInOrderArgument = None,
    ) -> Connection[CheckIn]:
        raise AssertionError("It is read by the declaration of the type")

    @gathered_by(activity_loader(ActivityScope.NODE), OF_MEASURED)
    def activity(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ActivityFilterArgument = None,
        is_direct: IsDirect = None,
    ) -> Annotated["ChangeConnection", strawberry.lazy("okr_api.graphql.types.activity")]:
        raise AssertionError("It is read by its declaration")

    comment_count: int = strawberry.field(description=COUNT)
    reactions: list[ReactionCount] = strawberry.field(description=REACTED_TO)
    viewer_follows: bool = strawberry.field(description=VIEWER_FOLLOWS)

    @strawberry.field(description=LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(description="People who follow it and see it, in order of creation.")
    def followers(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Person]:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(description=PATHS)
    def paths(
        self, to: To = None, to_external_id: ToExternalId = None
    ) -> Annotated["ProgressPaths", strawberry.lazy("okr_api.graphql.types.progress_paths")] | None:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(description=DRAFTS_OF_MEASURED)
    def check_in_drafts(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[CheckInDraft]:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(
        description="Work for the objective itself, or for the key result; in order of creation unless "
        "`orderBy` is given."
    )
    def initiatives(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: InitiativeFilterArgument = None,
        order_by: InitiativeOrderArgument = None,
    ) -> Connection[Initiative]:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(
        description="What the objective itself, or the key result, needs of other teams; in order of "
        "creation unless `orderBy` is given."
    )
    def dependencies(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DependencyFilterArgument = None,
        order_by: DependencyOrderArgument = None,
    ) -> Connection[Dependency]:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(
        description="What stands in the way of the objective itself, or of the key result; in order of "
        "creation unless `orderBy` is given."
    )
    def roadblocks(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: RoadblockFilterArgument = None,
        order_by: RoadblockOrderArgument = None,
    ) -> Connection[Roadblock]:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(
        description="What was decided about the objective itself, or about the key result; in order of "
        "creation unless `orderBy` is given."
    )
    def decisions(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DecisionFilterArgument = None,
        order_by: DecisionOrderArgument = None,
    ) -> Connection[Decision]:
        raise AssertionError("It is read by the declaration of the type")

    @strawberry.field(
        description="What was learned from the objective itself, or from the key result; in order of "
        "creation unless `orderBy` is given."
    )
    def lessons(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: LessonFilterArgument = None,
        order_by: LessonOrderArgument = None,
    ) -> Connection[Lesson]:
        raise AssertionError("It is read by the declaration of the type")
