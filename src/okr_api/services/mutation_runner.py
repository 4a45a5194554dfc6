"""The desk: where a mutation is handed in, applied once, committed and announced."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.change import Change, ChangeKind, NodeType
from okr_api.okr.errors import IdempotencyMismatch, InvalidInput, Refused
from okr_api.okr.notice import Notice, NoticeCode
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from okr_api.store.delta_documents import DeltaDocuments
from okr_api.store.entity_lookup import head_of
from okr_api.store.time_slicing import Batches, collect
from okr_api.store.tree_writer import IdempotencyRecord
from okr_api.store.unit_of_work import SchemaHasMoved, Work, unit_of_work
from okr_api.store.unpublished import unpublished_among
from okr_api.store.work_meter import locked_time

from .background_mutations import BackgroundMutations
from .notices import notices_of_switches
from .recompute import recount_touched
from .references import check_text

MAX_IDEMPOTENCY_KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What makes a mutation run once: the asker's key and the hash of the input it came with.

    `former_hash` gives the hash by which a former release would have kept the same input.
    """

    key: str
    input_hash: bytes
    former_hash: Callable[[], bytes] | None = field(default=None, compare=False)

    def is_kept_as(self, kept: bytes) -> bool:
        """Whether a record with that hash is of the same input."""
        return kept == self.input_hash or (self.former_hash is not None and kept == self.former_hash())

    def checked(self) -> "IdempotencyKey":
        """Itself; refuses a key that is empty, too long or unwritable (`InvalidInput`)."""
        if not 1 <= len(check_text(self.key, "idempotencyKey")) <= MAX_IDEMPOTENCY_KEY_LENGTH:
            raise InvalidInput(
                f"idempotencyKey has 1 to {MAX_IDEMPOTENCY_KEY_LENGTH} characters", path=["idempotencyKey"]
            )
        return self


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one item of a bulk was not taken."""

    index: int
    code: str
    message: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MutationResult:
    """What became of a mutation.

    *Shape*: `ids` names what it made or changed (the node under `node`, check-ins under `items`, None
    for an item not taken); `deltas` are documents of what moved; `errors` is empty unless it was
    refused, and then nothing has changed. `notices` say what was done and may surprise. `rows` are those
    that its transaction has saved, by table and id, once it has. `secret` is that of a new token: it is
    shown once, and kept nowhere.
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

    @property
    def applied(self) -> bool:
        """Whether something has been changed, now or the first time."""
        return not self.errors and bool(self.ids.get("node"))

    def kept(self) -> dict[str, Any]:
        """What an idempotency record remembers of it."""
        return {
            "ids": {
                name: [str(i) if i else None for i in v] if isinstance(v, list) else str(v)
                for name, v in self.ids.items()
            },
            "items": [[e.index, e.code, e.message, list(e.path)] for e in self.item_errors],
            "notices": [[n.code, n.message, list(n.path)] for n in self.notices],
        }


def replayed(record: Mapping[str, Any], once: IdempotencyKey) -> MutationResult:
    """The outcome of the first time.

    *Refuses*: other input under the same key (`IdempotencyMismatch`).
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
            Notice(NoticeCode(code), message, tuple(path)) for code, message, path in kept.get("notices", ())
        ),
        deltas=()
        if "token" in kept["ids"]
        else record["deltas"] or (),  # a token's `seq` is another's change
        replayed=True,
    )


async def without_hidden_deltas(work: Work, outcome: MutationResult) -> MutationResult:
    """Return a replayed outcome without the numbers of nodes that the actor does not see, or no longer."""
    if work.visibility.drafts:
        return outcome
    nodes = await collect(UUID(delta["node_id"]) for delta in outcome.deltas)
    hidden = set[UUID]()
    async for batch in Batches(nodes):
        hidden |= await unpublished_among(work.connection, work.organization.id, batch)
    pairs = zip(outcome.deltas, nodes, strict=True)
    return replace(outcome, deltas=await collect(delta for delta, node in pairs if node not in hidden))


async def record_change(
    work: Work,
    actor: Actor,
    kind: ChangeKind,
    node_type: NodeType,
    node_id: UUID,
    *,
    fields: tuple[str, ...] = (),
    reason: str | None = None,
    check_in_ids: tuple[UUID, ...] = (),
    notices: tuple[Notice, ...] = (),
) -> MutationResult:
    """Recount what has been touched and make it one change of the feed; add notices of switched sources."""
    deltas = await recount_touched(work, by_check_in=bool(check_in_ids))
    change = Change(
        seq=work.next_seq,
        recorded_at=work.now,
        kind=kind,
        author=actor.author,
        node_type=node_type,
        node_id=node_id,
        fields=fields,
        reason=reason,
        deltas=deltas,
        check_in_ids=check_in_ids,
    )
    work.changes.append(change)
    notices += tuple(notices_of_switches(work.tree, work.touched_objectives))
    work.touched_key_results.clear()
    work.touched_objectives.clear()
    documents = DeltaDocuments(deltas)
    return MutationResult(
        seq=change.seq, ids={"node": node_id}, deltas=documents, notices=notices, rows=work.saved
    )


def store_idempotency_record(
    work: Work, actor: Actor, once: IdempotencyKey | None, outcome: MutationResult
) -> None:
    """Remembers the outcome under the idempotency key, in the same transaction."""
    if once is not None:
        work.retries.append(
            IdempotencyRecord(actor.owner, once.key, once.input_hash, outcome.seq, outcome.kept())
        )


class MutationRunner:
    """Takes mutations: each is one transaction and one change, or a refusal that changes nothing."""

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
        """Applies the mutation, unless its key has been used; refusals come back as errors.

        Whoever is cancelled while it is being committed waits for that, and has its outcome; before that,
        cancelling means that nothing is done. One that has a key and its turn goes on in the background.

        Raises: `StillUnderWay` where it does.
        """
        try:
            actor.must(scope)
            if once:
                await self.background.wait_for((actor.organization_id, actor.owner, once.checked().key))
            try:
                outcome = await self._done(actor, once, do)
            except SchemaHasMoved:  # another process has migrated it; nothing was done, and now it is known
                outcome = await self._done(actor, once, do)
        except Refused as refusal:
            return await self.refused(actor, refusal)
        if not outcome.replayed:
            self.notifier.moved(actor.organization_id, outcome.seq)
        return outcome

    async def _done(
        self, actor: Actor, once: IdempotencyKey | None, do: Callable[[Work], Awaitable[MutationResult]]
    ) -> MutationResult:
        """What one transaction came to, which is ended where its caller is, unless it is being committed."""
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
                work.visibility = actor.visibility
                if once and (actor.owner, once.key) in work.known:
                    known = replayed(work.known[(actor.owner, once.key)], once)
                    return await without_hidden_deltas(work, known)
                outcome = await do(work)
                store_idempotency_record(work, actor, once, outcome)
                return outcome

    async def refused(self, actor: Actor, *refusals: Refused) -> MutationResult:
        """The outcome of a refusal, with the feed's present position."""
        async with self.database.of(actor.organization_id) as connection:
            seq, _ = await head_of(connection, actor.organization_id)
        return MutationResult(seq=seq, errors=refusals)
