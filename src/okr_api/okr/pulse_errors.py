"""Domain errors of pulses: of asking, and of answering."""

from .errors import Refused


class PulseHasBegun(Refused):
    """A pulse that was opened is asked as it is, and is not opened again."""


class PulseIsNotOpen(Refused):
    """A pulse is answered, and closed, while it is open."""


class AlreadyAnswered(Refused):
    """A person answers a pulse once; nobody knows which answer was theirs, so that none can be changed."""


class AnswersMissing(Refused):
    """A pulse is answered as a whole: with one answer to each of its questions."""
