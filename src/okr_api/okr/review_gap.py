"""Review gap: what is missing of an objective or a key result before its cycle can be closed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from .entity import NodeType


class ReviewNeed(StrEnum):
    """What a node needs before its cycle can be closed."""

    GRADE = "GRADE"
    REVIEW = "REVIEW"
    ROOT_CAUSE = "ROOT_CAUSE"


@dataclass(frozen=True, slots=True)
class ReviewGap:
    """A need of a node, with its title."""

    node_type: "NodeType"
    node_id: UUID
    title: str
    need: ReviewNeed
