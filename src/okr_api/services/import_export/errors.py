"""What a file is refused for, beside the rules that every other input has to keep."""

from typing import TypeVar

from okr_api.okr.errors import Refused

from .report import RowNote

T = TypeVar("T")


class FileIsUnclear(Refused):
    """The file as a whole is not of the interchange format, so that none of its rows can be read."""


class RowIsUnclear(Refused):
    """A value of the row is missing, or is not of the kind that its field takes."""


def required(value: T | None, name: str) -> T:
    """Return the value that a row has to have.

    Raises: `RowIsUnclear` where it has none.
    """
    if value is None:
        raise RowIsUnclear(f"{name} is missing", path=[name])
    return value


class IdIsRepeated(Refused):
    """Another row of the same section carries the same id."""


class ReferenceIsUnknown(Refused):
    """The row names something that is neither in the file nor in the organisation, or was left out."""

    cause: RowNote | None = None  # what was reported of a row that was left out


class FactDiffers(Refused):
    """A check-in of an export is there already and says something else: facts are not rewritten."""
