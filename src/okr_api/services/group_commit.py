"""Group commit: queue check-ins by organisation, apply all that wait in one transaction, alone after errors.

Writes of one organisation queue on its `feed_head` row, so one transaction for all that wait replaces many.
Each caller's mutation is still all or nothing and one change with its own `seq`, applied in order of arrival,
each seeing the one before. A rejected mutation leaves the group before anything is saved. If a group fails,
each mutation is run again alone, unless the feed shows that the group was committed and only the connection
was lost.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from contextvars import Context
from time import perf_counter
from uuid import UUID

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.errors import Busy, ClockIsBehind, Refused
from okr_api.store.time_slicing import TimeSlice
from okr_api.store.tree_cache import TreeCache
from okr_api.store.unit_of_work import Work, unit_of_work, was_committed
from okr_api.store.work_meter import FREE_LOCK_S

from .check_in_lookup import CheckInRequest, Lookup, load_references, undecided_items
from .check_ins import check_in
from .idempotent_replays import is_worded, replayed_as_seen
from .mutation_runner import (
    IdempotencyKey,
    MutationResult,
    MutationRunner,
    replayed,
    store_idempotency_record,
)
from .permissions import load_undecided
from .queued_check_ins import Attempt, HeldResults, QueuedCheckIns

MAX_GROUP_ITEMS = 1_000
MAX_GROUP_SLICE_S = 0.02  # time slice for applying a group
MAX_WAITING_CHECK_INS = 5_000


def _is_looked_up(work: Work, caller: QueuedCheckIns) -> bool:
    """Return whether the items are applied, or belong to a replay whose messages may name hidden nodes."""
    known = work.known.get(caller.key) if caller.key else None
    return known is None or (not caller.actor.visibility.is_everything and is_worded(known))


def _count_locked_time(group: Sequence[QueuedCheckIns], locked_s: float) -> None:
    """Charge the time for which the organisation was locked to the callers, by their number of items."""
    counted_s = locked_s - FREE_LOCK_S
    if counted_s <= 0:
        return
    items = sum(len(caller.items) for caller in group)
    for caller in group:
        if caller.meter is not None:
            caller.meter.statements_s += counted_s * len(caller.items) / max(items, 1)


class GroupCommit:
    """Group commit of check-ins, one transaction at a time for each organisation."""

    def __init__(self, mutation_runner: MutationRunner) -> None:
        self.mutation_runner = mutation_runner
        self.trees = TreeCache()
        self._waiting: defaultdict[UUID, deque[QueuedCheckIns]] = defaultdict(deque)
        self._running: dict[UUID, asyncio.Task[None]] = {}

    async def check_in(
        self,
        actor: Actor,
        items: Sequence[CheckInRequest],
        *,
        atomic: bool = True,
        once: IdempotencyKey | None = None,
    ) -> MutationResult:
        """Record check-ins as one change, in a transaction shared with other queued callers."""
        try:
            actor.must(Scope.CHECK_IN)
            if once:
                once.checked()
            if len(self._waiting.get(actor.organization_id, ())) >= MAX_WAITING_CHECK_INS:
                raise Busy(f"{MAX_WAITING_CHECK_INS} mutations that check in are waiting; try again")
        except Refused as refusal:
            return await self.mutation_runner.refused(actor, refusal)
        caller = QueuedCheckIns(actor, items, atomic, once, asyncio.get_running_loop().create_future())
        organization = actor.organization_id
        self._waiting[organization].append(caller)
        if organization not in self._running:
            work = self._run(organization)  # in an empty context, as it serves all callers
            self._running[organization] = asyncio.create_task(work, context=Context())
        try:
            return await caller.outcome()
        except Refused as refusal:  # raised for the whole group, such as `ClockIsBehind`
            return await self.mutation_runner.refused(actor, refusal)

    async def _run(self, organization: UUID) -> None:
        """Run group after group until no mutation is waiting."""
        held = HeldResults()
        try:
            while waiting := self._waiting[organization]:
                await self._answer(organization, self._next_group(waiting), held)
        finally:
            held.release()
            del self._running[organization]
            for caller in self._waiting.pop(organization, ()):
                caller.answer.cancel()

    @staticmethod
    def _next_group(waiting: deque[QueuedCheckIns]) -> list[QueuedCheckIns]:
        """Return callers in order of arrival, at least one, up to `MAX_GROUP_ITEMS`; no key occurs twice."""
        group = [waiting.popleft()]
        size, keys = len(group[0].items), {group[0].key}
        while waiting and size + len(waiting[0].items) <= MAX_GROUP_ITEMS:
            if waiting[0].key is not None and waiting[0].key in keys:
                break
            caller = waiting.popleft()
            group.append(caller)
            size += len(caller.items)
            keys.add(caller.key)
        return group

    async def _answer(
        self, organization: UUID, group: Sequence[QueuedCheckIns], held: HeldResults, *, alone: bool = False
    ) -> None:
        """Apply the mutations of a group; hold their results, or set an exception for every caller."""
        attempt = Attempt()
        try:
            try:
                await self._apply(organization, group, attempt, held, whole=alone)
            except (ClockIsBehind, Busy):
                raise
            except Exception:
                if not await was_committed(self.mutation_runner.database, organization, attempt.change):
                    if alone:
                        raise
                    for caller in group:
                        if not caller.answer.done():
                            await self._answer(organization, [caller], held, alone=True)
                    return
            self._notify(organization, attempt)
            held.hold(attempt)
        except Exception as fault:  # noqa: BLE001  it is raised to the callers
            for caller in group:
                if not caller.answer.done():
                    caller.answer.set_exception(fault)
        except BaseException:
            for caller in group:
                caller.answer.cancel()  # no effect on those that have a result
            raise

    async def _apply(
        self,
        organization: UUID,
        group: Sequence[QueuedCheckIns],
        attempt: Attempt,
        held: HeldResults,
        *,
        whole: bool,
    ) -> None:
        """Apply the mutations in one transaction; `whole` loads complete siblings (see `load_references`)."""
        keys = [caller.key for caller in group if caller.key is not None]
        begun: float | None = None
        try:
            async with unit_of_work(
                self.mutation_runner.database, organization, keys, trees=self.trees
            ) as work:
                begun = perf_counter()
                asking = [caller for caller in group if not caller.answer.done()]
                for caller in asking:
                    caller.has_begun = True
                items = [item for caller in asking if _is_looked_up(work, caller) for item in caller.items]
                found = await load_references(work, items, whole=whole)
                asked = [undecided_items(work, each.actor, each.items, found) for each in asking]
                await load_undecided(work, set().union(*asked))
                time_slice = TimeSlice(MAX_GROUP_SLICE_S)
                for caller in asking:
                    await time_slice.pause()
                    try:
                        outcome = await self._one(work, caller, found)
                    except Refused as refusal:
                        outcome = MutationResult(seq=work.next_seq - 1, errors=(refusal,))
                    attempt.outcomes.append((caller, outcome))
                attempt.change = work.changes[-1] if work.changes else None
                held.release()
        finally:
            if begun is not None:
                _count_locked_time(group, perf_counter() - begun)

    def _notify(self, organization: UUID, attempt: Attempt) -> None:
        """Notify subscribers of what was committed."""
        if attempt.change:
            by = [caller.by for caller, _ in attempt.outcomes]
            self.mutation_runner.notifier.moved(organization, attempt.change.seq, by)

    async def _one(self, work: Work, caller: QueuedCheckIns, found: Lookup) -> MutationResult:
        work.visibility = caller.actor.visibility
        work.request_id = caller.by.id if caller.by else None
        if caller.once and caller.key in work.known:
            outcome = replayed(work.known[caller.key], caller.once)
            return await replayed_as_seen(work, caller.items, found, outcome)
        # Only for corrections of what an earlier caller of the group has recorded they are not loaded yet.
        await load_undecided(work, undecided_items(work, caller.actor, caller.items, found))
        before = len(work.changes)
        outcome = await check_in(work, caller.actor, caller.items, found, atomic=caller.atomic)
        if len(work.changes) > before:
            store_idempotency_record(work, caller.actor, caller.once, outcome)
        return outcome
