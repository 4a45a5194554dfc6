"""Mutations of webhooks under the organisation's lock, without a change of the feed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.errors import InvalidInput, NotFound, OwnerHasLeft, TooMany
from okr_api.okr.webhook import MAX_WEBHOOKS, SECRET_OVERLAP, WebhookDisabledReason
from okr_api.store import webhook_statements as stored
from okr_api.store.bulk_write import Row
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import head_of
from okr_api.store.unit_of_work import Work

from .mutation_runner import MutationResult
from .references import check_version
from .webhook_signatures import new_secret

KIND = "webhook"  # of the ids in a result


async def create_webhook(
    work: Work,
    actor: Actor,
    *,
    url: str,
    selection: str,
    filter: Mapping[str, Any] | None,
    after: int | None,
    is_enabled: bool,
) -> MutationResult:
    """Create a webhook of the actor that begins after a position, by default at the end of the feed.

    One that is not enabled is disabled from the start. URL, selection and filter are valid. The result
    has the secret.

    Raises:
        TooMany: the organisation has 20 webhooks.
        InvalidInput: the feed does not keep what follows the position, or ends before it.
    """
    if await work.connection.fetchval(stored.COUNT, work.organization.id) >= MAX_WEBHOOKS:
        raise TooMany(f"An organisation has at most {MAX_WEBHOOKS} webhooks: delete one first")
    position = work.seq if after is None else await _position(work, after)
    id, secret = new_id(), new_secret()
    person_id = actor.author.person_id
    await work.connection.execute(
        stored.INSERT,
        work.organization.id,
        id,
        url,
        selection,
        filter,
        person_id,
        None if person_id else actor.token_id,
        actor.author.name,
        secret,
        position,
        work.clock,
        None if is_enabled else WebhookDisabledReason.NOT_YET_ENABLED,
    )
    return MutationResult(seq=work.seq, ids={KIND: id}, secret=secret)


async def edit_webhook(
    work: Work, webhook_id: UUID | None, *, edits: Mapping[str, Any], expected_version: int | None
) -> MutationResult:
    """Edit `url`, `selection` and `filter` of a webhook, and let its next attempt begin at once.

    Its owner and its position stay.

    Raises:
        NotFound: the organisation has no such webhook.
        OwnerHasLeft: nothing could be delivered for it any more.
        VersionConflict: it was edited since the expected version.
    """
    row = await _owned(work, webhook_id)
    check_version(row["version"], expected_version)
    values = {name: edits.get(name, row[name]) for name in ("url", "selection", "filter")}
    if any(values[name] != row[name] for name in values):
        await work.connection.execute(
            stored.UPDATE, work.organization.id, row["id"], *values.values(), work.clock
        )
    return _result(work, row)


async def delete_webhook(work: Work, webhook_id: UUID | None) -> MutationResult:
    """Delete a webhook with its secrets and attempts; an attempt that is under way may still arrive.

    Raises:
        NotFound: the organisation has no such webhook.
    """
    row = await _webhook(work, webhook_id)
    for statement in (stored.DELETE_ATTEMPTS, stored.DELETE):
        await work.connection.execute(statement, work.organization.id, row["id"])
    return _result(work, row)


async def rotate_secret(work: Work, webhook_id: UUID | None) -> MutationResult:
    """Replace the secret of a webhook; the former one signs as well for `SECRET_OVERLAP`.

    Raises:
        NotFound: the organisation has no such webhook.
        OwnerHasLeft: nothing could be delivered for it any more.
    """
    row, secret = await _owned(work, webhook_id), new_secret()
    until = work.clock + SECRET_OVERLAP
    await work.connection.execute(stored.ROTATE, work.organization.id, row["id"], secret, until, work.clock)
    return MutationResult(seq=work.seq, ids={KIND: row["id"]}, secret=secret)


async def replay_webhook(work: Work, webhook_id: UUID | None, *, after: int) -> MutationResult:
    """Let a webhook begin again after a position, which may also be a later one, and attempt that at once.

    Raises:
        NotFound: the organisation has no such webhook.
        OwnerHasLeft: nothing could be delivered for it any more.
        InvalidInput: the feed does not keep what follows the position, or ends before it.
    """
    row, position = await _owned(work, webhook_id), await _position(work, after)
    await work.connection.execute(stored.REPLAY, work.organization.id, row["id"], position, work.clock)
    return _result(work, row)


async def enable_webhook(work: Work, webhook_id: UUID | None) -> MutationResult:
    """Enable a webhook, and let its next attempt begin at once, also of one that is waiting for it.

    Raises:
        NotFound: the organisation has no such webhook.
        OwnerHasLeft: its person was removed, or its token is not valid any more.
        InvalidInput: the feed does not keep what follows its position.
    """
    row = await _owned(work, webhook_id)
    await _position(work, row["position"], path="id")
    await work.connection.execute(stored.ENABLE, work.organization.id, row["id"], work.clock)
    return _result(work, row)


def _result(work: Work, row: Row) -> MutationResult:
    return MutationResult(seq=work.seq, ids={KIND: row["id"]})


async def _webhook(work: Work, webhook_id: UUID | None) -> Row:
    """Return the row of a webhook with `owner_is_here`; raise `NotFound` if there is none."""
    found = webhook_id and await work.connection.fetchrow(stored.WITH_OWNER, work.organization.id, webhook_id)
    if not found:
        raise NotFound("There is no such webhook", path=["id"])
    row: Row = found
    return row


async def _owned(work: Work, webhook_id: UUID | None) -> Row:
    """Return the row of a webhook to which something can be delivered; raise `OwnerHasLeft` for any other."""
    row = await _webhook(work, webhook_id)
    if not row["owner_is_here"]:
        said = f"Its owner, {row['owner_name']}, has left or has no valid token any more; create another one"
        raise OwnerHasLeft(said, path=["id"])
    return row


async def _position(work: Work, after: int, path: str = "after") -> int:
    """Return a position from which the feed can be followed; raise `InvalidInput` for any other."""
    head, oldest_seq = await head_of(work.connection, work.organization.id)
    if not oldest_seq - 1 <= after <= head:
        named = "after" if path == "after" else "Its position"
        said = f"{named} is {after}; the feed can be delivered from {oldest_seq - 1} to its end, {head}"
        raise InvalidInput(said, path=[path])
    return after
