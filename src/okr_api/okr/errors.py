"""Domain errors: one exception class for each rejected request; the class name is the stable error code."""

import re
from collections.abc import Sequence

from .review_gap import ReviewGap


class Refused(Exception):
    """Request rejected by a domain rule; nothing was changed.

    `message` is for people, `path` locates the invalid part of the input (field names and list
    positions), `current_version` is set on an edit conflict, `missing` where a cycle cannot be closed.
    """

    def __init__(
        self,
        message: str,
        *,
        path: Sequence[str | int] = (),
        current_version: int | None = None,
        missing: Sequence[ReviewGap] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(str(step) for step in path)
        self.current_version = current_version
        self.missing = tuple(missing)

    @classmethod
    def code(cls) -> str:
        """Return the stable code that clients see: `CycleIsClosed` is `CYCLE_IS_CLOSED`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).upper()

    def under(self, *steps: str | int) -> "Refused":
        """Prefix the path with `steps` and return the same error."""
        self.path = (*(str(step) for step in steps), *self.path)
        return self


class InvalidInput(Refused):
    """A value is not of the kind, or not within the limits, that its field takes."""


class NotFound(Refused):
    """What the input names does not exist, or the actor may not see it."""


class Forbidden(Refused):
    """The token's scopes, the person's role or their relation to this do not allow it."""


class VersionConflict(Refused):
    """The definition has been edited since the version that the client had read."""


class ExternalIdIsTaken(Refused):
    """Another entity of the same type already carries this external id."""


class AlreadyExists(Refused):
    """There already is one between the same two entities."""


class LastAdmin(Refused):
    """Nobody would be left to administer the organisation: make another person an admin first."""


class EmailIsTaken(Refused):
    """Another person who has not left has this e-mail address, in upper or lower case."""


class IdempotencyMismatch(Refused):
    """The idempotency key was used before with other input."""


class ClockIsBehind(Refused):
    """The latest change was recorded more than five minutes ahead of the clock; an operator repairs it."""


class CycleIsDraft(Refused):
    """The cycle has not begun: it takes no check-ins yet."""


class CycleIsInReview(Refused):
    """The cycle is being reviewed: its plan can no longer be edited."""


class CycleIsClosed(Refused):
    """The cycle is closed: it can only be read."""


class CycleTransition(Refused):
    """A cycle goes DRAFT, ACTIVE, REVIEW, CLOSED; and back from CLOSED to REVIEW with a reason."""


class CycleOutsideParent(Refused):
    """A cycle's days lie within those of the cycle that encloses it."""


class CycleDoesNotEnclose(Refused):
    """An objective contributes within its cycle or to an enclosing one."""


class ReasonRequired(Refused):
    """This step needs a reason that others can read later."""


class AlignmentLoops(Refused):
    """The alignment would make an objective its own ancestor."""


class TeamLoops(Refused):
    """The move would make a team its own ancestor."""


class DependencyLoops(Refused):
    """The objective would need itself, through what gives something to it."""


class RoadblockIsResolved(Refused):
    """The roadblock is resolved already: reopen it first."""


class RoadblockIsOpen(Refused):
    """The roadblock is open already."""


class TeamNeedsItself(Refused):
    """The giving team of a dependency is the team of the needing objective: name another one."""


class ReplyToReply(Refused):
    """Replies are one level deep: answer the comment that the reply answers."""


class UnknownMention(Refused):
    """A mention of the text names nobody in the organisation by their id."""


class NotAnEmoji(Refused):
    """A reaction is one emoji."""


class PeopleOnly(Refused):
    """Only people react, follow and have notifications, and the token is of a service."""


class CycleLoops(Refused):
    """The change would make a cycle enclose itself."""


class WrongDirection(Refused):
    """The target lies against the direction of the measure; the other direction or a limit may be meant."""


class NoSpan(Refused):
    """Start and target are equal, so progress cannot be computed."""


class NoTarget(Refused):
    """The measure needs a target."""


class StateDoesNotFit(Refused):
    """The step does not fit the state in which the objective, key result or experiment is."""


class ReadingInFuture(Refused):
    """A reading lies more than five minutes ahead."""


class ReadingOutsideCycle(Refused):
    """A reading during the review lies outside the cycle."""


class NothingToRecord(Refused):
    """A check-in carries at least one of value, status, confidence and note."""


class DraftIsForAnother(Refused):
    """The draft of a check-in is for somebody else, who publishes it."""


class AlreadySuperseded(Refused):
    """The check-in has already been corrected or taken back."""


class MetricIsBound(Refused):
    """Key results are bound to the metric."""


class MetricDoesNotFit(Refused):
    """The key result's measure takes no number, so that it cannot be bound to a metric."""


class UnitDiffers(Refused):
    """A key result has the unit of the metric that it is bound to, and of the formulas that it is part of."""


class FormulaLoops(Refused):
    """The formula would be computed from itself."""


class FormulaDoesNotFit(Refused):
    """A formula is of measures that take a number, without a metric or values of its own."""


class AbsenceOverlaps(Refused):
    """Another absence of the same person shares a day with it."""


class DelegateIsAbsent(Refused):
    """The delegate is absent on a day of the absence."""


class CadenceIsLocked(Refused):
    """A cadence above is locked, so that nothing below has its own."""


class PersonIsRemoved(Refused):
    """The person has left and cannot be assigned."""


class OwnerHasLeft(Refused):
    """The owner of the webhook was removed, or its token revoked or expired: nothing can be sent for it."""


class PriorityIsArchived(Refused):
    """The priority is archived: objectives that serve it keep it, others cannot begin to."""


class PriorityIsServed(Refused):
    """Objectives serve the priority: it can be archived, but not deleted."""


class CyclesOverlap(Refused):
    """A cycle that exists lies partly within a new one and partly outside of it."""


class TooMany(Refused):
    """The input has more items than one request may carry."""


class Busy(Refused):
    """The organisation or the database is busy: nothing was done in time, and you may try again."""
