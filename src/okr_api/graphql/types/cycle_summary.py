"""GraphQL types of the summary of a cycle: scores, what was met, rhythm, and the same by team."""

import strawberry

from okr_api.graphql.fields import column, derived, documents, gathered, one, paged, view_of
from okr_api.graphql.types.lesson import Lesson
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.people import Team
from okr_api.graphql.types.review_record import ReviewRecord
from okr_api.query_engine.cycle_summary import CELEBRATIONS, LESSONS, load_rhythms, load_summaries
from okr_api.query_engine.field_sources import Page
from okr_api.scoring.priority import aligned_share


@view_of()
@strawberry.type(
    description="How final scores are distributed. Learning objectives and their key results are not scored "
    "and left out."
)
class ScoreDistribution:
    tenths: list[int] = column(
        "tenths",
        "Number of final scores in each tenth, always ten numbers: from 0 to below 0.1, from 0.1 to below "
        "0.2, and so on; the last from 0.9 to 1.",
    )
    red_count: int = column("red_count", "Number whose band is RED. Of objectives it follows the floor.")
    yellow_count: int = column("yellow_count", "Number whose band is YELLOW.")
    green_count: int = column("green_count", "Number whose band is GREEN.")
    scored_count: int = column("scored_count", "Number of final scores.")
    not_measured_count: int = column("not_measured_count", "Number of those without a final score.")
    at_one_count: int = column("at_one_count", "Number of final scores at 1.")
    at_one_share: float | None = column(
        "at_one_share", "`atOneCount` divided by `scoredCount`, 0 to 1; null without a score."
    )
    too_safe: bool = column(
        "too_safe", "Whether `atOneShare` is above 0.75: targets that are nearly always reached."
    )


@strawberry.type
class OutcomeCounts:
    """Base of the types of committed and aspirational objectives."""

    objective_count: int = column("objective_count", "Number of these objectives.")
    met_count: int = column(
        "met_count",
        "Number whose `finalScoreFloor` reaches what is expected, 1.0 of COMMITTED and 0.7 of ASPIRATIONAL, "
        "and none of whose guard-rails was broken beyond its budget.",
    )
    missed_count: int = column("missed_count", "Number of those that are scored and not met.")
    not_measured_count: int = column("not_measured_count", "Number of those without a final score.")


@view_of()
@strawberry.type(description="What became of committed objectives: met or missed, and no mean.")
class CommittedSummary(OutcomeCounts):
    pass


@view_of()
@strawberry.type(description="What became of aspirational objectives.")
class AspirationalSummary(OutcomeCounts):
    mean_score: float | None = column(
        "mean_score",
        "Mean of their `finalScore`, each objective once, without those that have none, 0 to 1; null if none "
        "has one.",
    )


@view_of()
@strawberry.type(description="Key results whose target was eased after the cycle began.")
class EasedTargetsSummary:
    key_result_count: int = column(
        "key_result_count", "Number of key results that count and have a revision that eased them."
    )
    mean_score: float | None = column(
        "mean_score",
        "Mean of their computed `score`, of those with both scores, 0 to 1; null if none has both.",
    )
    mean_original_score: float | None = column(
        "mean_original_score",
        "Mean of the same key results by the targets before their first revision, 0 to 1; null if none has "
        "both scores.",
    )


@view_of()
@strawberry.type(description="Guard-rails in force.")
class GuardRailsSummary:
    guard_rail_count: int = column("guard_rail_count", "Number of guard-rails.")
    broken_count: int = column(
        "broken_count", "Number of those that were broken for a larger share of the time than `brokenBudget`."
    )


@view_of()
@strawberry.type(
    description="Whether check-ins were made when they were due: the slots of active key results, and of "
    "objectives with a cadence of their own. Of a closed cycle as they were when it was closed."
)
class CheckInRhythm:
    on_time_count: int = column("on_time_count", "Number of slots that were met on time.")
    late_count: int = column(
        "late_count", "Number of slots that were met late, or that are late and can still be met."
    )
    missed_count: int = column("missed_count", "Number of slots that were missed.")
    excused_count: int = column(
        "excused_count", "Number of slots that nobody met and that were excused; they do not count."
    )
    on_time_share: float | None = column(
        "on_time_share",
        "`onTimeCount` divided by the sum of on time, late and missed, 0 to 1; null if nothing was due.",
    )


@strawberry.type
class SummaryNumbers:
    """Base of the types of a cycle's summary and of those of its teams."""

    objective_count: int = column("objective_count", "Number of published or closed objectives.")
    learning_count: int = column(
        "learning_count", "Number of LEARNING objectives among them: they are judged by no score."
    )
    objective_scores: ScoreDistribution = documents(
        lambda scores: scores, "objective_scores", description="Distribution of the objectives' `finalScore`."
    )
    key_result_scores: ScoreDistribution = documents(
        lambda scores: scores,
        "key_result_scores",
        description="Distribution of the `finalScore` of the key results that count.",
    )
    committed: CommittedSummary = documents(
        lambda outcomes: outcomes, "committed", description="COMMITTED objectives."
    )
    aspirational: AspirationalSummary = documents(
        lambda outcomes: outcomes, "aspirational", description="ASPIRATIONAL objectives."
    )
    coverage: float | None = column(
        "coverage",
        "Mean of the objectives' `coverage`, 0 to 1; one without coverage counts as 0. Null without "
        "objectives.",
    )
    rhythm: CheckInRhythm = gathered(load_rhythms, "Whether check-ins were made when they were due.")
    eased_targets: EasedTargetsSummary = documents(
        lambda eased: eased,
        "eased_targets",
        description="What was eased, and what it would have come to otherwise.",
    )
    guard_rails: GuardRailsSummary = documents(
        lambda guard_rails: guard_rails, "guard_rails", description="Guard-rails, and how many were broken."
    )


@view_of()
@strawberry.type(
    description="What the objectives that belong to a team came to in a cycle; those of teams under it do "
    "not count for it."
)
class TeamSummary(SummaryNumbers):
    team: Team | None = one("team_id", "The team; null for objectives that belong to no team.")


@view_of()
@strawberry.type(
    description="What a cycle came to, by the final scores of its published objectives. Numbers count all of "
    "them and are the same for everybody; lists have what you see. Drafts, paused and dropped objectives do "
    "not count. While the cycle is in review, it moves with every grade."
)
class CycleSummary(SummaryNumbers):
    by_team: list[TeamSummary] = documents(
        lambda teams: teams,
        "by_team",
        description="The same by team, without alignment; by name, the objectives without a team last; at "
        "most 200. Teams of which you see no objective are left out.",
    )
    aligned_count: int = column(
        "aligned_count", "Number of aligned objectives, as `Cycle.alignment` counts them."
    )
    aligned_share: float | None = derived(
        aligned_share,
        "aligned_count",
        "objective_count",
        description="`alignedCount` divided by `objectiveCount`, 0 to 1; null without objectives.",
    )
    hidden_team_count: int = column(
        "hidden_team_count", "Number of teams with objectives in the cycle of which you see none."
    )

    @paged(
        Page(by="reviewed.cycle_id", joined=CELEBRATIONS, where="{row}.celebration is not null"),
        "Reviews of its objectives that celebrate something, in order of creation.",
    )
    def celebrations(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ReviewRecord]:
        raise AssertionError("It is read by its declaration")

    @paged(
        Page(by="found.cycle_id", joined=LESSONS),
        "Lessons from its objectives and their key results, in order of creation. `Query.lessons` with "
        "`cycleId` searches them.",
    )
    def lessons(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Lesson]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class SummaryOfCycle:
    """Base of the type of cycles."""

    summary: CycleSummary | None = gathered(
        load_summaries,
        "What it came to: scores, rhythm, what was eased, by team, celebrations and lessons. Null before it "
        "is in REVIEW: its scores are not final then.",
    )
