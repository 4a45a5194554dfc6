"""Simulation: run mutations in shadow tables, each like the mutation would be, seeing what came before it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from uuid import UUID

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.errors import Refused
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from okr_api.store.feed_head import READ_HEAD
from okr_api.store.past_positions import PastPosition
from okr_api.store.shadow_pool import ShadowConnection
from okr_api.store.simulated_work import simulated_work
from okr_api.store.unit_of_work import Work

from .check_in_lookup import CheckInRequest, load_references, undecided_items
from .check_ins import check_in
from .dry_runs import DryRunner
from .group_commit import GroupCommit
from .mutation_runner import IdempotencyKey, MutationResult
from .permissions import load_undecided


class SimulationRunner(DryRunner):
    """Dry runner on shadow tables, which keep what each mutation changed for those after it."""

    def __init__(self, database: Database, notifier: ChangeNotifier, connection: ShadowConnection) -> None:
        super().__init__(database, notifier)
        self.connection = connection

    def work_on(self, organization_id: UUID) -> AbstractAsyncContextManager[Work]:
        """Return the work of one mutation, which is saved in the shadow tables."""
        return simulated_work(self.connection, organization_id)

    async def refused(self, actor: Actor, *refusals: Refused) -> MutationResult:
        """Return the result of a rejected mutation."""
        head = await self.connection.fetchrow(READ_HEAD, actor.organization_id)
        assert head is not None
        return MutationResult(seq=head["seq"], errors=refusals)


class SimulatedGroupCommit(GroupCommit):
    """Check-ins on shadow tables: each mutation is a group of its own."""

    async def check_in(
        self,
        actor: Actor,
        items: Sequence[CheckInRequest],
        *,
        atomic: bool = True,
        once: IdempotencyKey | None = None,
    ) -> MutationResult:
        """Record check-ins as one change."""

        async def do(work: Work) -> MutationResult:
            found = await load_references(work, items, whole=True)
            await load_undecided(work, undecided_items(work, actor, items, found))
            return await check_in(work, actor, items, found, atomic=atomic)

        return await self.mutation_runner.perform(actor, Scope.CHECK_IN, once, do)


async def simulated_position(connection: ShadowConnection, actor: Actor, now: datetime) -> PastPosition:
    """Return the position of the simulated feed, and the instant at which it is read."""
    head = await connection.fetchrow(READ_HEAD, actor.organization_id)
    assert head is not None
    return PastPosition(max(now, head["recorded_at"]), head["seq"], head["oldest_seq"])
