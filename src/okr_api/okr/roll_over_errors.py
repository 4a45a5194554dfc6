"""Errors of rolling a cycle over into another; each class is an error code."""

from .errors import Refused


class CycleIsNotLater(Refused):
    """A cycle is rolled over into one that begins and ends later, not into itself or an earlier one."""


class NotInCycle(Refused):
    """The objective is not one of the cycle that is rolled over."""


class NamedTwice(Refused):
    """An objective, or a key result of it, is named by two items."""
