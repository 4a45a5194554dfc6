"""GraphQL types of explanations of progress, confidence, pace, status and score: a rule and its parts."""

import strawberry

from okr_api.graphql.fields import column, documents, gathered, one_of, view_of
from okr_api.graphql.types.node import Node
from okr_api.okr.computed_values import Status
from okr_api.query_engine.explanations import explainer
from okr_api.query_engine.global_ids import node_named
from okr_api.scoring.explained_parts import Metric, PartReason


@view_of()
@strawberry.type(
    description="One part in the mean, or the sum, that an explanation describes: a key result, an aligned "
    "objective, or a milestone."
)
class ExplainedPart:
    node: Node | None = one_of(
        node_named,
        "node_type",
        "node_id",
        description="The key result or objective; null for a milestone, which has only a `title`.",
    )
    title: str = column("title", "Title of the part.")
    weight: float = column("weight", "Weight of the part: in the mean if it counts, otherwise as it is set.")
    counted: bool = column("counted", "Whether the part is in the mean.")
    reason: PartReason | None = column(
        "reason", "Why the part is not in the mean, or is in it as 0; null if it counts with its value."
    )
    from_first_start: bool = column(
        "from_first_start",
        "Whether the value is counted from where its lineage first started, as it was carried over within a "
        "longer cycle.",
    )
    share: float | None = column(
        "share", "Weight as a share of the weight of all parts in the mean, 0 to 1; null if not counted."
    )
    value: float | None = column(
        "value", "Value of the part in the mean, 0 to 1, for `currentValue` in the unit; null if not counted."
    )
    contribution: float | None = column(
        "contribution",
        "`share` times `value`, or the value itself in a sum. The contributions of all parts, with those of "
        "`hidden` and `others`, add up "
        "to the explained value exactly. Null if not counted.",
    )
    status: Status | None = column(
        "status", "Status of the part where a status is explained, as statuses are never averaged; else null."
    )


@view_of()
@strawberry.type(description="Parts that count and are described as one.")
class FoldedParts:
    count: int = column("count", "Number of parts.")
    weight: float = column("weight", "Sum of their weights.")
    share: float = column("share", "Share of the weight of all parts in the mean, 0 to 1.")
    contribution: float = column("contribution", "What they contribute to the value together.")


@view_of()
@strawberry.type(description="How one number of an objective or a key result was computed.")
class Explanation:
    value: float | None = column(
        "value",
        "The number that is explained, 0 to 1, or a current value in its unit; null if there is none, and "
        "for a status.",
    )
    rule: str = column("rule", "The rule in one sentence with the numbers put in, in English.")
    parts: list[ExplainedPart] = documents(
        lambda parts: parts,
        "parts",
        description="Parts of an objective, those that count first, milestones of a key result, or what a "
        "formula is computed from; at most 1,000. Otherwise empty.",
    )
    hidden: FoldedParts | None = documents(
        lambda parts: parts,
        "hidden",
        description="Parts that count and that you may not see, as one; null if there are none.",
    )
    others: FoldedParts | None = documents(
        lambda parts: parts,
        "others",
        description="Parts that count beyond the first 1,000, as one; null if there are none.",
    )


@view_of()
@strawberry.type(
    description="Explanations of the numbers of an objective or a key result; ask for those that you need."
)
class Explanations:
    progress: Explanation = gathered(explainer(Metric.PROGRESS), "Explains `progress`.")
    confidence: Explanation = gathered(explainer(Metric.CONFIDENCE), "Explains `confidence`.")
    expected_progress: Explanation = gathered(
        explainer(Metric.EXPECTED_PROGRESS), "Explains `expectedProgress`, as of now."
    )
    status: Explanation = gathered(explainer(Metric.STATUS), "Explains `status`, as of now.")
    current_value: Explanation = gathered(
        explainer(Metric.CURRENT_VALUE),
        "Explains `currentValue` of a key result: the parts are those of its `formula`. Of an objective "
        "there is no value.",
    )
    score: Explanation = gathered(
        explainer(Metric.SCORE), "Explains `score`, which is null before the cycle ends or is in review."
    )
