"""Mutations of notifications, by people for themselves: mark as read, choose how to be told."""

from collections.abc import Sequence

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.errors import InvalidInput, NotFound, TooMany
from okr_api.okr.notification_settings import NotificationDelivery, NotificationReason, with_deliveries
from okr_api.okr.people import Person
from okr_api.store import notification_reads as stored
from okr_api.store.unit_of_work import Work

from .mutation_runner import MutationResult
from .plain_entities import edit
from .reactions import person_of
from .references import Ref, check_version, entity_at

MAX_NOTIFICATIONS_MARKED = 100
MAX_READ_APART = 1_000


async def mark_read(
    work: Work, actor: Actor, *, up_to: int | None, seqs: Sequence[int] | None
) -> MutationResult:
    """Mark notifications of the actor as read, up to a position or one by one; without a change of the feed.

    The stored position moves over all that are read, so that few are kept one by one.

    Raises:
        PeopleOnly: the actor is a service.
        InvalidInput: neither is given, or the position lies beyond the end of the feed.
        NotFound: the actor has no such notification.
        TooMany: too many are given, or would be read after the first unread one.
    """
    person_id = person_of(actor, "have notifications")
    if up_to is None and not seqs:
        raise InvalidInput("Give upTo or seqs", path=["upTo"])
    if up_to is not None and up_to > work.seq:
        raise InvalidInput(f"The feed ends at {work.seq}", path=["upTo"])
    if seqs and len(seqs) > MAX_NOTIFICATIONS_MARKED:
        raise TooMany(f"At most {MAX_NOTIFICATIONS_MARKED} are marked one by one; give upTo", path=["seqs"])
    own = (work.connection, work.organization.id, person_id)
    known = await stored.visible_among(*own, seqs or (), actor.visibility)
    for place, seq in enumerate(seqs or ()):
        if seq not in known:
            raise NotFound("You have no such notification", path=["seqs", place])
    until, former = await stored.read_state(*own)
    until, apart = max(until, up_to or 0), {*former, *known}
    first = await stored.first_unread(*own, until, apart, actor.visibility)
    until = max([until, *apart]) if first is None else max(until, first - 1)
    kept = sorted(seq for seq in apart if seq > until)
    if len(kept) > MAX_READ_APART:
        raise TooMany(
            f"At most {MAX_READ_APART} are read after an unread one; give upTo for earlier ones",
            path=["seqs"],
        )
    await stored.save_read_state(*own, until, kept)
    return MutationResult(seq=work.seq, ids={"node": person_id}, is_unchanged=True)


async def choose_deliveries(
    work: Work,
    actor: Actor,
    chosen: Sequence[tuple[NotificationReason, NotificationDelivery]],
    *,
    expected_version: int | None = None,
) -> MutationResult:
    """Change how the actor is notified of notifications; the same choices again are no change.

    Raises:
        PeopleOnly: the actor is a service.
        InvalidInput: no reason is given, or one twice.
        VersionConflict: the person was edited since the expected version.
    """
    person_id = person_of(actor, "have notifications")
    if not chosen:
        raise InvalidInput("Give at least one reason", path=["settings"])
    deliveries: dict[NotificationReason, NotificationDelivery] = {}
    for place, (reason, delivery) in enumerate(chosen):
        if reason in deliveries:
            raise InvalidInput(f"{reason} is given twice", path=["settings", place, "reason"])
        deliveries[reason] = delivery
    person = await entity_at(work, Person, Ref(person_id))
    check_version(person.version, expected_version)
    return await edit(work, actor, ChangeKind.PERSON_UPDATED, person, with_deliveries(person, deliveries))
