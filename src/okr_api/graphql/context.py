"""The context: who asks, and what the resolvers work with; each operation has its own snapshot."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import GraphQLResolveInfo
from strawberry.types import Info as StrawberryInfo

from okr_api.auth.actor import Actor
from okr_api.auth.admission_control import AdmissionControl
from okr_api.auth.push_rate_limit import PushRateLimiter
from okr_api.auth.rate_limit import RateLimiter
from okr_api.auth.tokens import TokenStore
from okr_api.graphql.cost_accounting import CostAccounting
from okr_api.graphql.deadline import OperationState
from okr_api.graphql.errors import NotAuthenticated
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.single_flight_cache import SingleFlightCache
from okr_api.query_engine.loader import Arguments
from okr_api.query_engine.planner import Planner
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.selection import SelectedField
from okr_api.query_engine.snapshot import AsOfValue, AutocommitSnapshot, Snapshot
from okr_api.query_engine.table_sizes import SizeCache
from okr_api.query_engine.tree_layout_cache import TreeLayoutCache
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import MutationRunner
from okr_api.store.database import Database
from okr_api.store.row_batcher import RowBatcher

MAX_FALLBACK_ROWS = 2_000
T = TypeVar("T")


@dataclass(frozen=True)
class AppServices:
    """What a process has once, whoever asks."""

    database: Database
    mutation_runner: MutationRunner
    group_commit: GroupCommit
    feed: ChangeStream
    tokens: TokenStore
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    push_rate_limiter: PushRateLimiter = field(default_factory=PushRateLimiter)
    admission: AdmissionControl = field(default_factory=AdmissionControl)
    shared: SingleFlightCache = field(default_factory=SingleFlightCache)
    row_batcher: RowBatcher[AsOfValue] = field(default_factory=RowBatcher)
    layouts: TreeLayoutCache = field(default_factory=TreeLayoutCache)
    sizes: SizeCache = field(default_factory=SizeCache)


class Context(CostAccounting):
    """One request's, or one socket's; `for_operation` makes the one that resolvers see.

    `answer_bytes` is a bound of the bytes of what was read last for an answer.
    """

    def __init__(
        self,
        app_services: AppServices,
        token: str | None = None,
        actor: Actor | None = None,
        operation_state: OperationState | None = None,
    ) -> None:
        super().__init__()
        self.app_services = app_services
        self.token = token
        self.known_actor = actor
        self.operation_state = OperationState() if operation_state is None else operation_state
        self.answer_bytes = 0
        self._snapshot: Snapshot | None = None

    def for_operation(self) -> "Context":
        """The same asker with a snapshot of their own, for one operation."""
        return Context(self.app_services, self.token, self.known_actor, self.operation_state)

    async def still_there(self) -> Actor:
        """Who asks, looked up again: a token may have been revoked since a socket was opened."""
        actor = await self.app_services.tokens.actor(self.token) if self.token else None
        if actor is None:
            raise NotAuthenticated("The token has expired or was revoked")
        self.known_actor = actor
        return actor

    @property
    def snapshot(self) -> Snapshot:
        """What this operation reads from."""
        if self._snapshot is None:
            self._snapshot = self.fresh_snapshot()
        return self._snapshot

    def fresh_snapshot(self) -> Snapshot:
        """A snapshot that sees what has just been committed."""
        app_services, actor = self.app_services, self.actor
        snapshot = Snapshot(
            app_services.database,
            actor.organization_id,
            sees_drafts=actor.sees_drafts,
            token_id=actor.token_id,
            work=self.operation_state.work,
            answered_bytes=self.operation_state.answered_bytes,
        )
        if self.operation_state.fell_back:
            snapshot.most_rows = MAX_FALLBACK_ROWS
        return snapshot

    def glance(self) -> Snapshot:
        """The same without a transaction, for what takes few statements."""
        app_services, actor = self.app_services, self.actor
        glance = AutocommitSnapshot(
            app_services.database,
            actor.organization_id,
            sees_drafts=actor.sees_drafts,
            token_id=actor.token_id,
            work=self.operation_state.work,
            answered_bytes=self.operation_state.answered_bytes,
        )
        glance.row_batcher = app_services.row_batcher
        return glance

    def resumed_from(self, after: int | None) -> int | None:
        """Return the later one of the given position and that of the last event before a reconnect."""
        last = self.operation_state.resume_after
        return last if after is None else after if last is None else max(after, last)

    async def close(self) -> None:
        """Gives back what the operation holds."""
        if self._snapshot is not None:
            await self._snapshot.close()


Info = StrawberryInfo[Context, Any]


@dataclass(slots=True)
class RootFieldInfo:
    """A root field of a compiled operation, in the place of Strawberry's info.

    A query's has a reader; a mutation's is given one when there is something to read.
    """

    context: Context
    asked: SelectedField
    type_name: str
    planner: Planner
    arguments: Arguments
    reader: Reader | None = None

    @property
    def field_name(self) -> str:
        """The name of the field, as Strawberry has it."""
        return self.asked.name


AnyInfo = Info | RootFieldInfo


def core_info(info: Info) -> GraphQLResolveInfo[Any]:
    """graphql-core's info beneath Strawberry's."""
    return info._raw_info  # noqa: SLF001  there is no other way to the field nodes


def response_key(info: AnyInfo) -> str:
    """The response key of a root field."""
    return info.asked.key if isinstance(info, RootFieldInfo) else str(core_info(info).path.key)
