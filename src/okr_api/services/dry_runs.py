"""Run mutations without saving anything: on a snapshot, so that nothing is locked and nobody waits."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.errors import Refused
from okr_api.store.unit_of_work import Work, unlocked_work

from .mutation_runner import IdempotencyKey, MutationResult, MutationRunner


class DryRunner(MutationRunner):
    """Mutation runner that saves nothing: nobody is told, and idempotency keys are only checked."""

    def work_on(self, organization_id: UUID) -> AbstractAsyncContextManager[Work]:
        """Return the work of one mutation, which may change it; it is dropped."""
        return unlocked_work(self.database, organization_id)

    async def perform(
        self,
        actor: Actor,
        scope: Scope,
        once: IdempotencyKey | None,
        do: Callable[[Work], Awaitable[MutationResult]],
    ) -> MutationResult:
        """Return what the mutation would do; refusals become `errors`."""
        try:
            actor.must(scope)
            if once:
                once.checked()
            async with self.work_on(actor.organization_id) as work:
                work.visibility = actor.visibility
                return await do(work)
        except Refused as refusal:
            return await self.refused(actor, refusal)
