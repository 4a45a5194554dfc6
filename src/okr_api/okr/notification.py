"""Notification: whom a change tells, and why."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from .change import Change
from .change_kind import ChangeKind
from .change_tracking import PlainEntities, TrackedDict
from .check_in_draft import CheckInDraft
from .comment import Comment
from .comment_recipients import CommentReason, recipients_of
from .entity import NodeType
from .key_result import KeyResult
from .notification_settings import NotificationReason
from .objective import Objective, ObjectiveState
from .told_entities import ASSIGNED_BY
from .tree import Tree

DUE_KINDS = frozenset({ChangeKind.CHECK_IN_DUE, ChangeKind.CHECK_IN_LATE, ChangeKind.CHECK_IN_MISSED})
# Fields with what an entity belongs to: the first that is given.
BELONGS_BY = ("key_result_id", "objective_id", "needing_key_result_id", "needing_objective_id")
REASONS = {
    CommentReason.MENTION: NotificationReason.MENTION,
    CommentReason.REPLY: NotificationReason.REPLY,
    CommentReason.FOLLOW: NotificationReason.FOLLOWED_CHANGE,
}


class NamedPerson(NamedTuple):
    """Somebody whom a change names: mentioned, assigned, owing or reviewing; see `Notification`."""

    seq: int
    reason: NotificationReason
    person_id: UUID
    about_id: UUID | None = None


class Candidate(NamedTuple):
    """Person with a reason to be told of a change, who sees what it is about and wants to be told.

    `has_unfollowed`: they have unfollowed what it is about, so that following something above is no reason.
    """

    person_id: UUID
    reason: NotificationReason
    about_id: UUID | None
    has_unfollowed: bool
    is_immediate: bool


class Notification(NamedTuple):
    """Notification of a person about a change: at most one for each person and change.

    `about_id` is the objective or key result whose visibility it shares, or a draft of a check-in; what is of
    the whole organisation has None, or a team. With `is_immediate` it is sent to subscribers.
    """

    seq: int
    person_id: UUID
    reason: NotificationReason
    about_id: UUID | None
    is_immediate: bool


def notifications_of(change: Change, candidates: Iterable[Candidate]) -> Iterator[Notification]:
    """Yield whom a change tells, each person once, for the first of their reasons; never its author."""
    found: dict[NotificationReason, dict[UUID, Candidate]] = {reason: {} for reason in NotificationReason}
    for one in candidates:
        found[one.reason].setdefault(one.person_id, one)
    following = found[NotificationReason.FOLLOWED_CHANGE]
    author = change.author.person_id
    told = recipients_of(
        author_id=author,
        mentioned=found[NotificationReason.MENTION],
        thread=found[NotificationReason.REPLY],
        followers=following,
        unfollowers={
            person
            for reason in (NotificationReason.REPLY, NotificationReason.FOLLOWED_CHANGE)
            for person, one in found[reason].items()
            if one.has_unfollowed
        },
        sees=lambda _: True,
    ).told
    reasons = {person: REASONS[reason] for person, reason in told.items()}
    for reason in (NotificationReason.REVIEW, NotificationReason.DUE, NotificationReason.ASSIGNED):
        for person in found[reason]:
            if person != author and reasons.get(person) not in (
                NotificationReason.MENTION,
                NotificationReason.REPLY,
            ):
                reasons[person] = reason
    for person, reason in reasons.items():
        one = found[reason][person]
        yield Notification(change.seq, person, reason, one.about_id, one.is_immediate)


def people_named(changes: Sequence[Change], tree: Tree, plain: PlainEntities) -> Iterator[NamedPerson]:
    """Yield the people whom changes name, before they are saved or in the same transaction.

    Only a work of one change edits anything but numbers: its edits are those of the last change. Imports
    name nobody, as what they bring has been known elsewhere.
    """
    for change in changes:
        if change.kind in DUE_KINDS:
            for id in _owing(change):
                yield NamedPerson(change.seq, NotificationReason.DUE, id, change.node_id)
        elif change.kind is ChangeKind.CYCLE_REVIEW_BEGUN:
            for id in _reviewing(change.node_id, tree):
                yield NamedPerson(change.seq, NotificationReason.REVIEW, id)
        elif change.kind is ChangeKind.WEBHOOK_DISABLED:
            yield NamedPerson(change.seq, NotificationReason.ASSIGNED, change.node_id)
    last = changes[-1]
    if last.kind is ChangeKind.IMPORTED:
        return
    edited_of_all: Sequence[TrackedDict[UUID, Any]] = (tree.objectives, tree.key_results, *plain.values())
    for edited in edited_of_all:
        yield from _assigned(last.seq, edited)
    for comment, former in _edited(plain.get(Comment)):
        before = () if former is None else former.mention_ids
        for person in comment.mention_ids:
            if person not in before:
                yield NamedPerson(last.seq, NotificationReason.MENTION, person)


def _owing(change: Change) -> Sequence[UUID]:
    """Return who owes the check-in that a change of the clock is of, if anybody does.

    It is related to the objective of a key result, to who owes the check-in, and to who is excused.
    """
    place = int(change.node_type is NodeType.KEY_RESULT)
    return change.related_ids[place : place + 1]


def _reviewing(cycle_id: UUID, tree: Tree) -> Iterator[UUID]:
    """Yield once who owns published objectives of a cycle, which are loaded; everybody may know the cycle."""
    owners: set[UUID] = set()
    for objective in tree.objectives.values():
        owner = objective.owner_id if objective.state is ObjectiveState.PUBLISHED else None
        if objective.cycle_id == cycle_id and owner is not None and owner not in owners:
            owners.add(owner)
            yield owner


def _assigned(seq: int, entities: TrackedDict[UUID, Any]) -> Iterator[NamedPerson]:
    """Yield who has got something to see to by the edits of entities of a class."""
    for entity, former in _edited(entities):
        for name in ASSIGNED_BY.get(type(entity), ()):
            before = () if former is None else _ids(getattr(former, name))
            for person in _ids(getattr(entity, name)):
                if person not in before:
                    yield NamedPerson(seq, NotificationReason.ASSIGNED, person, _about(entity))


def _edited(entities: TrackedDict[UUID, Any] | None) -> Iterator[tuple[Any, Any]]:
    """Yield new and edited entities that are not removed, each with what it was before, None if it is new."""
    if entities is None:
        return
    for id in entities.changed_keys():
        if not getattr(entities[id], "removed", False):
            yield entities[id], entities.before(id)


def _ids(value: Any) -> tuple[UUID, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _about(entity: Any) -> UUID | None:
    """Return what a notification of an assignment is about."""
    if isinstance(entity, Objective | KeyResult | CheckInDraft):
        return entity.id
    return next((id for name in BELONGS_BY if (id := getattr(entity, name, None)) is not None), None)
