"""Domain errors of reviews: of grades, of review records, and of closing a cycle without them."""

from .errors import Refused


class CycleIsNotInReview(Refused):
    """Grades and reviews are given while the cycle is in review."""


class AlreadyGraded(Refused):
    """Another grade was given before: say that it is to be replaced."""


class AlreadyReviewed(Refused):
    """The objective has a review: edit that."""


class RootCauseRequired(Refused):
    """The review of an objective that fell short names a root cause."""


class NothingToConfirm(Refused):
    """There is no computed score that a grade could confirm."""


class NotAllGraded(Refused):
    """Closing a cycle needs a score or a grade of each key result, or a reason why one was not measured."""


class NotAllReviewed(Refused):
    """The organisation requires reviews: closing a cycle needs one of each published objective."""
