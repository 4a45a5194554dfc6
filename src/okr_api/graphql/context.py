"""GraphQL context of a request and each operation: services, snapshots, feed position; re-authentication."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from graphql import GraphQLResolveInfo, OperationDefinitionNode
from strawberry.types import Info as StrawberryInfo

from okr_api.auth.actor import Actor
from okr_api.auth.token_rejection import NotAuthenticated
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.cost_accounting import CostAccounting
from okr_api.graphql.deadline import OperationState
from okr_api.query_engine.loader import Arguments
from okr_api.query_engine.planner import Planner
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.selection import SelectedField
from okr_api.query_engine.snapshot import AutocommitSnapshot, Snapshot

MAX_FALLBACK_ROWS = 2_000
T = TypeVar("T")


class Context(CostAccounting):
    """Context of a request or a socket; `for_operation` derives the one that resolvers get.

    `answer_bytes` is an upper bound for the response bytes of the latest read. `is_of_many`: the actor stands
    for all with the same rights, while nothing is restricted to some of them. `delivery` is what contexts
    have in common that push the same changes at once, and may share what they read.
    """

    _seq: int | None = None
    is_of_many = False

    def __init__(
        self,
        app_services: AppServices,
        token: str | None = None,
        actor: Actor | None = None,
        operation_state: OperationState | None = None,
        *,
        delivery: object | None = None,
    ) -> None:
        super().__init__()
        self.app_services = app_services
        self.token = token
        self.known_actor = actor
        self.operation_state = OperationState() if operation_state is None else operation_state
        self.answer_bytes = 0
        self.delivery = delivery
        self._snapshot: Snapshot | None = None

    def for_operation(self) -> "Context":
        """Return a context for one operation: the same actor with a separate snapshot."""
        return Context(self.app_services, self.token, self.known_actor, self.operation_state)

    async def reauthenticate(self) -> Actor:
        """Look up the token again, which may have been revoked since a socket was opened; return the actor.

        Raises:
            NotAuthenticated: the token has expired or was revoked.
        """
        actor = await self.app_services.tokens.actor(self.token) if self.token else None
        if actor is None:
            raise NotAuthenticated("The token has expired or was revoked")
        self.known_actor = actor
        return actor

    def describe(self, definition: OperationDefinitionNode) -> None:
        """Name the span of the operation, if operations are traced."""
        if self.app_services.tracer is not None:
            self.app_services.tracer.describe(definition)

    def report(self, errors: Iterable[Any]) -> None:
        """Mark the span of the operation as failed if there are errors, if operations are traced."""
        if self.app_services.tracer is not None:
            self.app_services.tracer.report(errors)

    @property
    def snapshot(self) -> Snapshot:
        """Return the snapshot that this operation reads from; create it on first use."""
        if self._snapshot is None:
            self._snapshot = self.fresh_snapshot()
        return self._snapshot

    def fresh_snapshot(self) -> Snapshot:
        """Return a new snapshot, which sees the latest commits."""
        app_services, actor = self.app_services, self.actor
        snapshot = Snapshot(
            app_services.database,
            actor.organization_id,
            visibility=actor.visibility,
            token_id=actor.token_id,
            work=self.operation_state.work,
            answered_bytes=self.operation_state.answered_bytes,
        )
        snapshot.principal = actor.principal
        if self.operation_state.fell_back:
            snapshot.most_rows = MAX_FALLBACK_ROWS
        return snapshot

    def glance(self) -> Snapshot:
        """Return a new snapshot without a transaction, for reads of few statements."""
        app_services, actor = self.app_services, self.actor
        glance = AutocommitSnapshot(
            app_services.database,
            actor.organization_id,
            visibility=actor.visibility,
            token_id=actor.token_id,
            work=self.operation_state.work,
            answered_bytes=self.operation_state.answered_bytes,
        )
        glance.principal = actor.principal
        glance.row_batcher = app_services.row_batcher
        return glance

    @property
    def seq(self) -> int | None:
        """Return the feed position at which the response is true, or None if nothing was read for it."""
        return self._snapshot.position if self._seq is None and self._snapshot is not None else self._seq

    def note_position(self, seq: int | None) -> None:
        """Note the feed position of a read; of several mutations in one operation, the lowest counts.

        Changes may have been committed between them, also by others: a client that subscribes from the lowest
        gets some changes again, but misses none.
        """
        if seq is not None and (self._seq is None or seq < self._seq):
            self._seq = seq

    def response_extensions(self) -> dict[str, Any]:
        """Return the response `extensions`: the cost, and the feed position unless it could not be read."""
        extensions, seq = self.cost_extension(), self.seq
        if seq is not None:
            extensions["seq"] = seq
        return extensions

    def resume_position(self, after: int | None) -> int | None:
        """Return the given position or that of the last event before a reconnect, whichever is later."""
        last = self.operation_state.resume_after
        return last if after is None else after if last is None else max(after, last)

    async def close(self) -> None:
        """Close the snapshot of the operation, if it has one."""
        if self._snapshot is not None:
            await self._snapshot.close()


Info = StrawberryInfo[Context, Any]


@dataclass(slots=True)
class RootFieldInfo:
    """Root field of a compiled operation; replaces Strawberry's `Info`.

    `reader` is set for queries only; a mutation's payload is read after its commit.
    """

    context: Context
    asked: SelectedField
    type_name: str
    planner: Planner
    arguments: Arguments
    reader: Reader | None = None

    @property
    def field_name(self) -> str:
        """Return the schema's name of the field, like Strawberry's `Info.field_name`."""
        return self.asked.name


class SimulatedFieldInfo(RootFieldInfo):
    """Root field of a mutation that is simulated: nothing is selected of its payload, which is its row."""


AnyInfo = Info | RootFieldInfo


def core_info(info: Info) -> GraphQLResolveInfo[Any]:
    """Return graphql-core's info that Strawberry's wraps."""
    return info._raw_info  # noqa: SLF001  no public access to the field nodes


def response_key(info: AnyInfo) -> str:
    """Return the response key of a root field."""
    return info.asked.key if isinstance(info, RootFieldInfo) else str(core_info(info).path.key)
