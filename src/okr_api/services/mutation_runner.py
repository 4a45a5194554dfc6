"""Run a mutation in one transaction, once by idempotency key; result types. Check-ins use `group_commit`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.errors import IdempotencyMismatch, InvalidInput, Refused
from okr_api.okr.notice import Notice, NoticeCode
from okr_api.pubsub.current_request import current_request_id
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from okr_api.store.entity_lookup import head_of
from okr_api.store.hidden_rows import hidden_among
from okr_api.store.idempotency_records import IdempotencyRecord
from okr_api.store.time_slicing import Batches, collect
from okr_api.store.unit_of_work import SchemaHasMoved, Work, unit_of_work
from okr_api.store.work_meter import locked_time

from .background_mutations import BackgroundMutations
from .references import check_text
from .roll_over_entries import named_in, without_hidden

MAX_IDEMPOTENCY_KEY_LENGTH = 200
UNRECORDED = frozenset({"token", "webhook"})  # names of ids of what is not in the feed


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """Idempotency key of a caller with the hash of its input, so that a mutation runs once.

    `former_hash` returns the hash that a former release would have stored for the same input.
    """

    key: str
    input_hash: bytes
    former_hash: Callable[[], bytes] | None = field(default=None, compare=False)

    def is_kept_as(self, kept: bytes) -> bool:
        """Return whether a record with that hash is of the same input."""
        return kept == self.input_hash or (self.former_hash is not None and kept == self.former_hash())

    def checked(self) -> "IdempotencyKey":
        """Return itself; raise `InvalidInput` if the key is empty, too long or not storable."""
        if not 1 <= len(check_text(self.key, "idempotencyKey")) <= MAX_IDEMPOTENCY_KEY_LENGTH:
            raise InvalidInput(
                f"idempotencyKey has 1 to {MAX_IDEMPOTENCY_KEY_LENGTH} characters", path=["idempotencyKey"]
            )
        return self


@dataclass(frozen=True, slots=True)
class ItemError:
    """Error of one item of a bulk mutation."""

    index: int
    code: str
    message: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MutationResult:
    """Result of a mutation.

    `ids` are those that it created or changed: the node under `node`, check-ins under `items` (None for a
    rejected item). `deltas` are documents of the numbers that changed. With `errors`, nothing has changed.
    `notices` report effects that may surprise. `rows` are those that its transaction saved, by table and id,
    empty until then. `secret` is that of a new token or webhook: it is returned once, and
    no idempotency record has it. `is_unchanged`
    says that it was an edit to what is stored already: then `seq` is the head's, of another mutation.
    `entries` are those of a roll-over, see `roll_over_entries`.
    """

    seq: int
    ids: Mapping[str, Any] = field(default_factory=dict)
    deltas: Sequence[Mapping[str, Any]] = ()
    item_errors: tuple[ItemError, ...] = ()
    replayed: bool = False
    errors: tuple[Refused, ...] = ()
    notices: tuple[Notice, ...] = ()
    rows: Mapping[str, Mapping[UUID, Mapping[str, Any]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    secret: str | None = field(default=None, repr=False)
    is_unchanged: bool = False
    entries: Sequence[Mapping[str, Any]] = ()

    @property
    def applied(self) -> bool:
        """Return whether it was accepted, now or by the first run."""
        return not self.errors and bool(self.ids.get("node"))

    def kept(self) -> dict[str, Any]:
        """Return what an idempotency record stores of the result."""
        return {
            "ids": {
                name: [str(i) if i else None for i in v] if isinstance(v, list) else str(v)
                for name, v in self.ids.items()
            },
            "items": [[e.index, e.code, e.message, list(e.path)] for e in self.item_errors],
            "notices": [[n.code, n.message, list(n.path), list(map(str, n.about))] for n in self.notices],
            **({"unchanged": True} if self.is_unchanged else {}),
            **({"entries": list(self.entries)} if self.entries else {}),
        }


def replayed(record: Mapping[str, Any], once: IdempotencyKey) -> MutationResult:
    """Return the result of the first run.

    Raises:
        IdempotencyMismatch: the key was used with other input.
    """
    if not once.is_kept_as(record["input_hash"]):
        raise IdempotencyMismatch(
            "This idempotencyKey was used before with other input", path=["idempotencyKey"]
        )
    kept = record["outcome"]
    return MutationResult(
        seq=record["seq"],
        ids={
            name: [UUID(i) if i else None for i in v] if isinstance(v, list) else UUID(v)
            for name, v in kept["ids"].items()
        },
        item_errors=tuple(
            ItemError(i, code, message, tuple(path)) for i, code, message, path in kept["items"]
        ),
        notices=tuple(
            Notice(NoticeCode(code), message, tuple(path), tuple(UUID(id) for ids in about for id in ids))
            for code, message, path, *about in kept.get("notices", ())
        ),
        # What is no change, or was unchanged, has the `seq` of another mutation.
        deltas=() if UNRECORDED & kept["ids"].keys() or "unchanged" in kept else record["deltas"] or (),
        replayed=True,
        is_unchanged="unchanged" in kept,
        entries=kept.get("entries", ()),
    )


async def without_hidden_deltas(work: Work, outcome: MutationResult) -> MutationResult:
    """Return a replayed result without the deltas of nodes that are hidden from the actor now.

    Neither are there notices that name one. If its own node is hidden, there are none.
    """
    if work.visibility.is_everything:
        return outcome
    nodes = await collect(UUID(delta["node_id"]) for delta in outcome.deltas)
    own = outcome.ids.get("node")
    named = [*(id for notice in outcome.notices for id in notice.about), *([own] if own else [])]
    hidden = set[UUID]()
    async for batch in Batches([*nodes, *named, *named_in(outcome.entries)]):
        hidden |= await hidden_among(work.connection, work.organization.id, batch, work.visibility)
    pairs = zip(outcome.deltas, nodes, strict=True)
    return replace(
        outcome,
        deltas=await collect(delta for delta, node in pairs if node not in hidden),
        entries=without_hidden(outcome.entries, hidden),
        notices=tuple(
            notice for notice in outcome.notices if own not in hidden and hidden.isdisjoint(notice.about)
        ),
    )


def store_idempotency_record(
    work: Work, actor: Actor, once: IdempotencyKey | None, outcome: MutationResult
) -> None:
    """Store the result under the idempotency key, if there is one, in the same transaction."""
    if once is not None:
        work.retries.append(
            IdempotencyRecord(actor.owner, once.key, once.input_hash, outcome.seq, outcome.kept())
        )


class MutationRunner:
    """Runner of mutations: each is one transaction and one change, or an error that changes nothing."""

    def __init__(self, database: Database, notifier: ChangeNotifier) -> None:
        self.database = database
        self.notifier = notifier
        self.background = BackgroundMutations(notifier)

    async def perform(
        self,
        actor: Actor,
        scope: Scope,
        once: IdempotencyKey | None,
        do: Callable[[Work], Awaitable[MutationResult]],
    ) -> MutationResult:
        """Run the mutation unless its key has been used, and return its result; refusals become `errors`.

        A caller that is cancelled during the commit waits for it and gets the result. Before that, nothing is
        done, unless the mutation has begun and has a key: then it continues in the background.

        Raises:
            StillUnderWay: the caller was cancelled, and the mutation continues.
        """
        try:
            actor.must(scope)
            if once:
                await self.background.wait_for((actor.organization_id, actor.owner, once.checked().key))
            try:
                outcome = await self._done(actor, once, do)
            except SchemaHasMoved:  # migrated by another process: nothing was done, and a retry succeeds
                outcome = await self._done(actor, once, do)
        except Refused as refusal:
            return await self.refused(actor, refusal)
        if not outcome.replayed and not outcome.is_unchanged:
            self.notifier.moved(actor.organization_id, outcome.seq)
        return outcome

    async def _done(
        self, actor: Actor, once: IdempotencyKey | None, do: Callable[[Work], Awaitable[MutationResult]]
    ) -> MutationResult:
        """Return the result of one transaction, which can be cancelled until it is being committed."""
        works: list[Work] = []
        return await self.background.result(
            (actor.organization_id, actor.owner, once.key) if once else None,
            self._applied(actor, once, do, works),
            has_begun=lambda: bool(works),
            may_cancel=lambda: not any(work.is_committing for work in works),
        )

    async def _applied(
        self,
        actor: Actor,
        once: IdempotencyKey | None,
        do: Callable[[Work], Awaitable[MutationResult]],
        works: list[Work],
    ) -> MutationResult:
        keys = [(actor.owner, once.key)] if once else []
        with ExitStack() as until_committed:
            async with unit_of_work(self.database, actor.organization_id, keys) as work:
                until_committed.enter_context(locked_time())
                works.append(work)
                work.visibility, work.request_id = actor.visibility, current_request_id()
                if once and (actor.owner, once.key) in work.known:
                    known = replayed(work.known[(actor.owner, once.key)], once)
                    return await without_hidden_deltas(work, known)
                outcome = await do(work)
                if work.changes or not outcome.item_errors:
                    store_idempotency_record(work, actor, once, outcome)
                return outcome

    async def refused(self, actor: Actor, *refusals: Refused) -> MutationResult:
        """Return the result of a rejected mutation, with the current end of the feed as `seq`."""
        async with self.database.of(actor.organization_id) as connection:
            seq, _ = await head_of(connection, actor.organization_id)
        return MutationResult(seq=seq, errors=refusals)
