"""Notice: code, message and path of a warning about a mutation; `services/notices.py` decides on them."""

from dataclasses import dataclass
from enum import StrEnum


class NoticeCode(StrEnum):
    """Code of a notice."""

    OBJECTIVE_NOT_COUNTED = "OBJECTIVE_NOT_COUNTED"
    KEY_RESULT_NOT_COUNTED = "KEY_RESULT_NOT_COUNTED"
    PROGRESS_SOURCE_SWITCHED = "PROGRESS_SOURCE_SWITCHED"
    CHECK_IN_NOT_COUNTED = "CHECK_IN_NOT_COUNTED"


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning: a stable code, a sentence for people, and the path of the input field concerned."""

    code: NoticeCode
    message: str
    path: tuple[str, ...] = ()
