"""Subscription events: select them from changes, tell audiences apart, and load them for graphql-core."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from hashlib import sha256
from time import monotonic
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.graphql.consistent_reads import load_from_snapshot
from okr_api.graphql.context import Context, Info, core_info
from okr_api.graphql.subscription_sources import Change, EventSource

# Fields whose values depend on who reads, as do drafts of check-ins, and subscriptions whose events do.
PERSONAL_FIELDS = (
    "viewerCan",
    "viewerFollows",
    "viewerHasReacted",
    "calibration",
    "viewerHasAnswered",
    "checkInDraft",
    "CheckInDraft",
)
PERSONAL = (*PERSONAL_FIELDS, "notificationReceived", "myWorkChanged")
VISIBILITY_TTL_S = 1.0


class EventSelector:
    """Selector of the events that a source yields of consecutive changes, for one actor or one group.

    With `turns` it reads only when it is its turn.
    """

    def __init__(self, source: EventSource, turns: asyncio.Semaphore | None = None) -> None:
        self.source = source
        self._turns = turns or asyncio.Semaphore()
        self._sent_at = monotonic()

    async def due(
        self, context: Context, changes: list[Any], ready: Callable[[], Awaitable[object]]
    ) -> AsyncIterator[Change]:
        """Yield the events of consecutive changes as rows of the source's type, after waiting for `ready`.

        What the actor may see is read again where waiting and sending take longer than `VISIBILITY_TTL_S`.

        Raises:
            RestrictedToSome: the context is of many, and what they see may differ.
        """
        is_read_again = False
        while changes:
            read_at = monotonic()
            async with self._turns:
                visible = await self.source.visible(context, changes)
            for change in visible:
                is_due = monotonic() - self._sent_at > context.app_services.feed.quiet_s
                row = self.source.of(change, quiet=is_due)
                if row is None:
                    continue
                if not is_read_again:
                    await ready()
                    if monotonic() - read_at > VISIBILITY_TTL_S:
                        is_read_again = True
                        changes = [one for one in changes if one["seq"] >= change["seq"]]
                        break
                is_read_again = False
                yield row
            else:
                return

    def sent(self) -> None:
        """Note that an event was sent: for a while none is due to advance the subscriber's position."""
        self._sent_at = monotonic()


async def events_after(context: Context, source: EventSource, after: int | None) -> AsyncIterator[Change]:
    """Yield events after a position; re-validate the token before each event."""
    organization_id, events = context.actor.organization_id, EventSelector(source)
    feed = context.app_services.feed
    position, _ = await feed.begin(organization_id, context.resume_position(after))
    push_rate_limiter, token_id = context.app_services.push_rate_limiter, context.actor.token_id

    async def ready() -> None:
        await push_rate_limiter.wait((token_id,))
        await context.reauthenticate()  # the client may have read the previous event slowly

    async for changes in feed.follow(organization_id, position):
        await context.reauthenticate()
        push_rate_limiter.charge_scan(token_id, len(changes))
        async for row in events.due(context, changes, ready):
            push_rate_limiter.charge({token_id: 1}, 0)
            events.sent()
            context.operation_state.position = row["seq"]
            yield row
            source.check_after(row)


def digest_of(*parts: object) -> bytes:
    """Return the SHA-256 of values sent by a client, to bound the size of cache keys."""
    return sha256(repr(parts).encode(errors="surrogatepass")).digest()


def audience_of(actor: Actor, *, is_personal: bool) -> Hashable:
    """Return what actors must have in common to get the same events; `is_personal` of `depends_on_viewer`."""
    return actor.organization_id, actor.visibility, actor.principal if is_personal else None


def rights_of(actor: Actor, *, is_personal: bool) -> Hashable:
    """Return what actors must have in common to get the same events while nothing is restricted to some."""
    return actor.organization_id, actor.visibility.sees, actor.principal if is_personal else None


def depends_on_viewer(document: str) -> bool:
    """Return whether what a document selects may depend on more of the actor than the visibility."""
    return any(name in document for name in PERSONAL)


def values_depend_on_viewer(document: str) -> bool:
    """Return whether equal events have values in a document that depend on more than the visibility."""
    return any(name in document for name in PERSONAL_FIELDS)


async def load_shared(info: Info, type_name: str, row: Any) -> Any:
    """Load an event, shared by subscribers with the same document, variables and audience."""
    actor, of = info.context.actor, core_info(info)
    location = of.operation.loc
    document = location.source.body if location else id(of.operation)
    audience = audience_of(actor, is_personal=not isinstance(document, str) or depends_on_viewer(document))
    name = of.operation.name.value if of.operation.name else None
    asked = digest_of(document, name, of.variable_values, of.path.key)
    rewinds = info.context.app_services.feed.rewinds(actor.organization_id)
    size = (len(row.get("deltas", ())), len(row.get("visibility_changes", ())))
    key = (audience, rewinds, asked, row["seq"], size)
    return await info.context.app_services.shared.get(key, lambda: load_from_snapshot(info, type_name, row))
