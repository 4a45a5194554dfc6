"""GraphQL types of digests: what moved, was won, was lost and was changed in an interval, and by whom."""

from datetime import datetime

import strawberry

from okr_api.graphql.fields import column, derived, documents, one, one_of, same, view_of
from okr_api.graphql.types.change import Change
from okr_api.graphql.types.decision import Decision
from okr_api.graphql.types.experiment import Experiment
from okr_api.graphql.types.lesson import Lesson
from okr_api.graphql.types.measured import Measured
from okr_api.graphql.types.people import Actor
from okr_api.graphql.types.roadblock import Roadblock
from okr_api.okr.computed_values import Status
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id, node_named


@view_of()
@strawberry.type(
    description="An objective or key result of which numbers moved in the interval: before its first change "
    "there, and after the last one."
)
class DigestMovement:
    node_id: strawberry.ID = derived(
        encode_id, "node_type", "node_id", description="Id of the objective or key result."
    )
    node_type: NodeType = column("node_type", "OBJECTIVE or KEY_RESULT.")
    node: Measured | None = one_of(
        node_named, "node_type", "node_id", description="The objective or key result as it is now."
    )
    progress_before: float | None = column("before", "Progress before, 0 to 1; null if it had none.")
    progress_after: float | None = column("after", "Progress after, 0 to 1; null if it has none.")
    status_before: Status = column("status_before", "Status before, at the first change.")
    status_after: Status = column("status_after", "Status after, at the last change.")


@view_of()
@strawberry.type(description="Objectives and key results in a digest.")
class DigestMovements:
    nodes: list[DigestMovement] = documents(
        lambda nodes: nodes,
        "nodes",
        description="Those whose progress moved furthest, in this order; at most 50. Where there is no "
        "progress, it counts as 0.",
    )
    total_count: int = column("total_count", "Number of all of them.")


@view_of()
@strawberry.type(description="Changes in a digest.")
class DigestChanges:
    nodes: list[Change] = documents(
        lambda nodes: nodes, "nodes", description="The changes, the latest first; at most 50."
    )
    total_count: int = column("total_count", "Number of all of them.")


LATEST = "Those that were saved last first; at most 50."
BY_CHANGE = "The change that saved it, perhaps with a check-in or a meeting."


@view_of()
@strawberry.type(description="A roadblock that was raised or resolved in the interval.")
class DigestRoadblock:
    roadblock: Roadblock | None = one(
        "node_id", "The roadblock as it is now; null if it was deleted since.", seen=True
    )
    change: Change = documents(lambda change: change, "change", description=BY_CHANGE)


@view_of()
@strawberry.type(description="Roadblocks in a digest, each once.")
class DigestRoadblocks:
    nodes: list[DigestRoadblock] = documents(lambda nodes: nodes, "nodes", description=LATEST)
    total_count: int = column("total_count", "Number of all of them.")


@view_of()
@strawberry.type(description="A decision that was taken in the interval.")
class DigestDecision:
    decision: Decision | None = one(
        "node_id", "The decision as it is now; null if it was deleted since.", seen=True
    )
    change: Change = documents(lambda change: change, "change", description=BY_CHANGE)


@view_of()
@strawberry.type(description="Decisions in a digest, each once.")
class DigestDecisions:
    nodes: list[DigestDecision] = documents(lambda nodes: nodes, "nodes", description=LATEST)
    total_count: int = column("total_count", "Number of all of them.")


@view_of()
@strawberry.type(description="An experiment that was concluded in the interval.")
class DigestExperiment:
    experiment: Experiment | None = one(
        "node_id", "The experiment as it is now; null if it was deleted since.", seen=True
    )
    change: Change = documents(lambda change: change, "change", description="The change that concluded it.")


@view_of()
@strawberry.type(description="Experiments in a digest, each once.")
class DigestExperiments:
    nodes: list[DigestExperiment] = documents(lambda nodes: nodes, "nodes", description=LATEST)
    total_count: int = column("total_count", "Number of all of them.")


@view_of()
@strawberry.type(description="A lesson that was created in the interval.")
class DigestLesson:
    lesson: Lesson | None = one(
        "node_id", "The lesson as it is now; null if it was deleted since.", seen=True
    )
    change: Change = documents(lambda change: change, "change", description="The change that created it.")


@view_of()
@strawberry.type(description="Lessons in a digest, each once.")
class DigestLessons:
    nodes: list[DigestLesson] = documents(lambda nodes: nodes, "nodes", description=LATEST)
    total_count: int = column("total_count", "Number of all of them.")


@view_of()
@strawberry.type(description="Somebody who changed something in the interval.")
class DigestAuthor:
    actor: Actor = same("The person, or the service.")
    change_count: int = column("change_count", "Number of their changes.")
    check_in_count: int = column("check_in_count", "Number of their check-ins.")


@view_of()
@strawberry.type(description="People and services in a digest.")
class DigestAuthors:
    nodes: list[DigestAuthor] = documents(
        lambda nodes: nodes, "nodes", description="Those with the most changes, in this order; at most 50."
    )
    total_count: int = column("total_count", "Number of all of them.")


@view_of()
@strawberry.type(
    description="What the changes of an interval come to, as far as you see them. Numbers, names in "
    "summaries and facts are those of the change feed: the same interval gives the same, as long as what "
    "belongs to the scope, and what you see, are the same."
)
class Digest:
    since: datetime = column("since", "Begin of the interval, included.")
    until: datetime = column("until", "End of the interval, excluded.")
    is_complete: bool = column(
        "is_complete",
        "Whether it will stay as it is: false if changes of the interval are no longer kept or were imported "
        "without their numbers, and if the interval is not over, or for less than a minute.",
    )
    change_count: int = column("change_count", "Number of changes in the scope.")
    check_in_count: int = column(
        "check_in_count", "Number of check-ins in the scope, also those that were corrected later."
    )
    moved: DigestMovements = documents(
        lambda moved: moved, "moved", description="Objectives and key results whose progress is another one."
    )
    status_changes: DigestMovements = documents(
        lambda moved: moved,
        "status_changes",
        description="Objectives and key results whose status is another one, also by time alone, from when "
        "the feed recorded it.",
    )
    won: DigestMovements = documents(
        lambda moved: moved,
        "won",
        description="Objectives and key results that became ACHIEVED, and key results that reached a "
        "progress of 1; not limits (AT_LEAST, AT_MOST, WITHIN), which have to hold until the end.",
    )
    lost: DigestMovements = documents(
        lambda moved: moved,
        "lost",
        description="Objectives and key results that became MISSED or DROPPED.",
    )
    new_objectives: DigestChanges = documents(
        lambda changes: changes,
        "new_objectives",
        description="Objectives that were created or published, each once, by its first such change.",
    )
    adjustments: DigestChanges = documents(
        lambda changes: changes,
        "adjustments",
        description="Changes that edited a target or another part of a measure, moved a key result, "
        "replaced an objective, or paused or took up an objective or key result again. `Cycle.easedTargets` "
        "says which were eased.",
    )
    new_roadblocks: DigestRoadblocks = documents(
        lambda roadblocks: roadblocks,
        "new_roadblocks",
        description="Roadblocks that were raised, alone or within a check-in.",
    )
    resolved_roadblocks: DigestRoadblocks = documents(
        lambda roadblocks: roadblocks,
        "resolved_roadblocks",
        description="Roadblocks that were resolved, by the last change that did; some may be open again.",
    )
    decisions: DigestDecisions = documents(
        lambda decisions: decisions,
        "decisions",
        description="Decisions that were taken: alone, in a meeting or within a check-in. Of a team and of a "
        "cycle also those of its meetings, of a person also those that they own.",
    )
    concluded_experiments: DigestExperiments = documents(
        lambda experiments: experiments,
        "concluded_experiments",
        description="Experiments that were concluded. Of a person also those that they own.",
    )
    new_lessons: DigestLessons = documents(
        lambda lessons: lessons,
        "new_lessons",
        description="Lessons that were created. Of a person also those that they own.",
    )
    missed_check_ins: DigestChanges = documents(
        lambda changes: changes,
        "missed_check_ins",
        description="Check-ins that were missed: for each the change of the clock, whose `node` is the key "
        "result or objective.",
    )
    people: DigestAuthors = documents(
        lambda people: people,
        "people",
        description="Who made the changes in the scope, without the clock.",
    )
