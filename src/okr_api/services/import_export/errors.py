"""Exceptions of import files (unclear, repeated id, unknown reference, differing fact), and `required`."""

from typing import TypeVar

from okr_api.okr.errors import Refused

from .report import RowNote

T = TypeVar("T")


class FileIsUnclear(Refused):
    """The file as a whole is not in the interchange format, so none of its rows can be read."""


class RowIsUnclear(Refused):
    """A value of the row is missing, or is not of the type of its field."""


def required(value: T | None, name: str) -> T:
    """Return a value that a row must have.

    Raises:
        RowIsUnclear: it is None.
    """
    if value is None:
        raise RowIsUnclear(f"{name} is missing", path=[name])
    return value


class IdIsRepeated(Refused):
    """Another row of the same section has the same id."""


class ReferenceIsUnknown(Refused):
    """The row refers to something that is neither in the file nor in the organisation, or was left out."""

    cause: RowNote | None = None  # the note of the row that was left out


class FactDiffers(Refused):
    """A check-in of an export is there already with other content; facts are not rewritten."""
