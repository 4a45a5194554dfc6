"""Run a mutation without saving anything: on a snapshot, so that it locks nothing and nobody waits for it."""

from collections.abc import Awaitable, Callable

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.errors import Refused
from okr_api.store.unit_of_work import Work, unlocked_work

from .mutation_runner import IdempotencyKey, MutationResult, MutationRunner


async def dry_run(
    runner: MutationRunner,
    actor: Actor,
    scope: Scope,
    once: IdempotencyKey | None,
    do: Callable[[Work], Awaitable[MutationResult]],
) -> MutationResult:
    """Return what a mutation would do to the organisation as it is; refusals become `errors`.

    `do` may change the work, which is dropped. The key is checked, but neither looked up nor used.
    """
    try:
        actor.must(scope)
        if once:
            once.checked()
        async with unlocked_work(runner.database, actor.organization_id) as work:
            work.visibility = actor.visibility
            return await do(work)
    except Refused as refusal:
        return await runner.refused(actor, refusal)
