"""A notice: what a mutation did that may surprise its caller, though nothing is wrong with it."""

from dataclasses import dataclass
from enum import StrEnum


class NoticeCode(StrEnum):
    """What may surprise."""

    OBJECTIVE_NOT_COUNTED = "OBJECTIVE_NOT_COUNTED"
    KEY_RESULT_NOT_COUNTED = "KEY_RESULT_NOT_COUNTED"
    PROGRESS_SOURCE_SWITCHED = "PROGRESS_SOURCE_SWITCHED"
    CHECK_IN_NOT_COUNTED = "CHECK_IN_NOT_COUNTED"


@dataclass(frozen=True, slots=True)
class Notice:
    """A stable code, a sentence for people, and the path of the input's field that it is about."""

    code: NoticeCode
    message: str
    path: tuple[str, ...] = ()
