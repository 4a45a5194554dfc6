"""Value types of explanations: metric, part, reason why a part does not count, folded parts, the result."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from okr_api.okr.computed_values import Status
from okr_api.okr.entity import NodeType


class Metric(StrEnum):
    """A number of a node that can be explained."""

    PROGRESS = "PROGRESS"
    CONFIDENCE = "CONFIDENCE"
    EXPECTED_PROGRESS = "EXPECTED_PROGRESS"
    STATUS = "STATUS"
    SCORE = "SCORE"
    CURRENT_VALUE = "CURRENT_VALUE"


class PartReason(StrEnum):
    """Why a part does not count in a mean, or counts as 0."""

    NOT_MEASURED = "NOT_MEASURED"
    NOT_COMPUTABLE = "NOT_COMPUTABLE"
    NO_VALUE = "NO_VALUE"
    DRAFT = "DRAFT"
    PAUSED = "PAUSED"
    DROPPED = "DROPPED"
    NO_WEIGHT = "NO_WEIGHT"
    GUARD_RAIL = "GUARD_RAIL"
    SUPPORTS = "SUPPORTS"
    OTHER_SOURCE = "OTHER_SOURCE"
    KEY_RESULT_DOES_NOT_COUNT = "KEY_RESULT_DOES_NOT_COUNT"
    SUCCEEDED = "SUCCEEDED"


@dataclass(frozen=True, slots=True)
class ExplainedPart:
    """A part of an objective in the mean of a metric, a milestone of the key result `id`, or a formula part.

    `share`, `value` and `contribution` are null for what is not counted, and fractions from 0 to 1; of a
    formula's part, value and contribution are in its unit. For the
    metric STATUS there is only a `status`, as statuses are never averaged. With
    `from_first_start` the value is that from the first start of its lineage.
    """

    node_type: NodeType
    id: UUID
    weight: float
    reason: PartReason | None = None
    value: float | None = None
    share: float | None = None
    contribution: float | None = None
    status: Status | None = None
    milestone: str | None = None
    from_first_start: bool = False

    @property
    def counted(self) -> bool:
        """Return whether it is in the mean."""
        return self.share is not None


@dataclass(frozen=True, slots=True)
class FoldedParts:
    """Parts that count and are told as one: how many, and their weight, share and contribution together."""

    count: int
    weight: float
    share: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Value of a metric with the rule in a sentence, the parts that it is the mean of, and the others.

    `hidden` are parts that the viewer may not see, `others` those beyond `MAX_EXPLAINED_PARTS`.
    """

    value: float | None
    parts: tuple[ExplainedPart, ...]
    hidden: FoldedParts | None = None
    others: FoldedParts | None = None
    rule: str = ""
