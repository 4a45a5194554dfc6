"""Notice: code, message and path of a warning about a mutation; `services/notices.py` decides on them."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class NoticeCode(StrEnum):
    """Code of a notice."""

    OBJECTIVE_NOT_COUNTED = "OBJECTIVE_NOT_COUNTED"
    KEY_RESULT_NOT_COUNTED = "KEY_RESULT_NOT_COUNTED"
    PROGRESS_SOURCE_SWITCHED = "PROGRESS_SOURCE_SWITCHED"
    CHECK_IN_NOT_COUNTED = "CHECK_IN_NOT_COUNTED"
    DRAFT_IS_OLDER = "DRAFT_IS_OLDER"
    ASSIGNEE_CANNOT_SEE = "ASSIGNEE_CANNOT_SEE"


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning: a stable code, a sentence for people, and the path of the input field concerned.

    `about` are the nodes that the sentence names: it is only for those who see them.
    """

    code: NoticeCode
    message: str
    path: tuple[str, ...] = ()
    about: tuple[UUID, ...] = field(default=(), compare=False)
