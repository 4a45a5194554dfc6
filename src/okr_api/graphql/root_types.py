"""Root types `Query` and `Mutation`, put together from the classes of each entity."""

import strawberry

from okr_api.graphql.change_feed import FeedQuery
from okr_api.graphql.mutations.absences import AbsencesMutation
from okr_api.graphql.mutations.check_in_drafts import CheckInDraftsMutation
from okr_api.graphql.mutations.check_ins import CheckInsMutation
from okr_api.graphql.mutations.comments import CommentsMutation
from okr_api.graphql.mutations.cycle_roll_over import CycleRollOverMutation
from okr_api.graphql.mutations.cycles import CyclesMutation
from okr_api.graphql.mutations.decisions import DecisionsMutation
from okr_api.graphql.mutations.dependencies import DependenciesMutation
from okr_api.graphql.mutations.grades import GradesMutation
from okr_api.graphql.mutations.initiatives import InitiativesMutation
from okr_api.graphql.mutations.key_results import KeyResultsMutation
from okr_api.graphql.mutations.learning import LearningMutation
from okr_api.graphql.mutations.meetings import MeetingsMutation
from okr_api.graphql.mutations.metric_readings import MetricReadingsMutation
from okr_api.graphql.mutations.metrics import MetricsMutation
from okr_api.graphql.mutations.notifications import NotificationsMutation
from okr_api.graphql.mutations.objective_lifecycle import ObjectiveLifecycleMutation
from okr_api.graphql.mutations.objective_replacement import ObjectiveReplacementMutation
from okr_api.graphql.mutations.objectives import ObjectivesMutation
from okr_api.graphql.mutations.organization import OrganizationMutation
from okr_api.graphql.mutations.priorities import PrioritiesMutation
from okr_api.graphql.mutations.pulses import PulsesMutation
from okr_api.graphql.mutations.reactions import ReactionsMutation
from okr_api.graphql.mutations.reviews import ReviewsMutation
from okr_api.graphql.mutations.roadblocks import RoadblocksMutation
from okr_api.graphql.mutations.teams import TeamsMutation
from okr_api.graphql.mutations.tokens import TokensMutation
from okr_api.graphql.mutations.webhooks import WebhooksMutation
from okr_api.graphql.queries.absences import AbsencesQuery
from okr_api.graphql.queries.check_in_agenda import CheckInAgendaQuery
from okr_api.graphql.queries.check_in_drafts import CheckInDraftsQuery
from okr_api.graphql.queries.check_ins import CheckInsQuery
from okr_api.graphql.queries.coaching import CoachingQuery
from okr_api.graphql.queries.comments import CommentsQuery
from okr_api.graphql.queries.cycles import CyclesQuery
from okr_api.graphql.queries.decisions import DecisionsQuery
from okr_api.graphql.queries.dependencies import DependenciesQuery
from okr_api.graphql.queries.digest import DigestQuery
from okr_api.graphql.queries.initiatives import InitiativesQuery
from okr_api.graphql.queries.learning import LearningQuery
from okr_api.graphql.queries.meetings import MeetingsQuery
from okr_api.graphql.queries.metrics import MetricsQuery
from okr_api.graphql.queries.my_work import MyWorkQuery
from okr_api.graphql.queries.objectives import ObjectivesQuery
from okr_api.graphql.queries.organization import OrganizationQuery
from okr_api.graphql.queries.priorities import PrioritiesQuery
from okr_api.graphql.queries.reviews import ReviewsQuery
from okr_api.graphql.queries.roadblocks import RoadblocksQuery
from okr_api.graphql.queries.simulations import SimulationQuery
from okr_api.graphql.queries.tokens import TokensQuery
from okr_api.graphql.queries.tree import TreeQuery
from okr_api.graphql.queries.webhooks import WebhooksQuery


@strawberry.type(
    description="Read operations. Start with `viewer` (the token's owner), `cycles` and "
    "`objectiveTree(cycleId:)`, which nests objectives with their key results. Lists are paginated by "
    "`first` and `after`. A root field that fails is null, with an entry in `errors`; the others return data."
)
class Query(
    OrganizationQuery,
    AbsencesQuery,
    PrioritiesQuery,
    MetricsQuery,
    CyclesQuery,
    ObjectivesQuery,
    TreeQuery,
    SimulationQuery,
    CheckInsQuery,
    CheckInDraftsQuery,
    InitiativesQuery,
    DependenciesQuery,
    CommentsQuery,
    RoadblocksQuery,
    MeetingsQuery,
    DecisionsQuery,
    ReviewsQuery,
    LearningQuery,
    CoachingQuery,
    DigestQuery,
    MyWorkQuery,
    CheckInAgendaQuery,
    FeedQuery,
    TokensQuery,
    WebhooksQuery,
):
    """Root type of queries."""


@strawberry.type(
    description="Write operations. Start with `checkInRecord`: it records a reading of a key result and "
    "returns every number that moved. Every mutation except those of tokens and webhooks, "
    "`notificationsRead` and `pulseAnswer` is exactly one change in the feed; a rejected one changes nothing "
    "and returns its reasons in the payload's `errors`. Besides the scope that its description names, it "
    "needs what `viewerCan` of the node tells. A root field that fails unexpectedly is null, with an entry "
    "in the top-level `errors`; the others return data."
)
class Mutation(
    OrganizationMutation,
    TeamsMutation,
    AbsencesMutation,
    PrioritiesMutation,
    CyclesMutation,
    CycleRollOverMutation,
    ObjectivesMutation,
    ObjectiveLifecycleMutation,
    ObjectiveReplacementMutation,
    KeyResultsMutation,
    GradesMutation,
    ReviewsMutation,
    CheckInsMutation,
    CheckInDraftsMutation,
    MetricsMutation,
    MetricReadingsMutation,
    InitiativesMutation,
    DependenciesMutation,
    CommentsMutation,
    ReactionsMutation,
    NotificationsMutation,
    RoadblocksMutation,
    MeetingsMutation,
    DecisionsMutation,
    LearningMutation,
    PulsesMutation,
    TokensMutation,
    WebhooksMutation,
):
    """Root type of mutations."""
