"""GraphQL type `Advice`, and factories of the field `coaching` for objectives and key results."""

from typing import Any

import strawberry

from okr_api.coaching.advice import AdviceSeverity
from okr_api.graphql.fields import column, gathered, one_of, view_of
from okr_api.graphql.types.node import Node
from okr_api.query_engine.coaching_fields import key_result_advice, objective_advice
from okr_api.query_engine.global_ids import node_named


@view_of()
@strawberry.type(
    description="Advice on how an objective, its key results or a cycle's objectives are planned. It never "
    "rejects anything. docs/coaching.md lists the rules."
)
class Advice:
    rule: str = column("rule", "Id of the rule, such as `title-has-number`; it never changes.")
    severity: AdviceSeverity = column("severity", "How much it matters.")
    message: str = column("message", "What was noticed, for people, in the organisation's language.")
    suggestion: str = column("suggestion", "What to do about it, for people, in the organisation's language.")
    source: str = column("source", "Book or guide that teaches the rule.")
    path: list[str] = column(
        "path",
        "Where it is: names of fields and positions in lists, such as `keyResults`, `0`, `title`; in the "
        "fields of `node`, or in the draft if `node` is null.",
    )
    node: Node | None = one_of(
        node_named,
        "node_type",
        "node_id",
        description="What the advice is about: the objective or one of its key results; for a cycle also a "
        "team or a person. Null for a draft.",
    )
    related: Node | None = one_of(
        node_named,
        "related_type",
        "related_id",
        description="Another node that the advice refers to, such as an objective with a similar title, or "
        "the team that has too many. Null if it refers to none.",
    )


def objective_coaching() -> Any:
    """Return the field `coaching` of an objective."""
    return gathered(
        objective_advice,
        "Advice on how it and its key results are planned, the most severe first, at most 100. Empty once it "
        "is dropped or closed, or its cycle is in review or closed.",
        [],
    )


def key_result_coaching() -> Any:
    """Return the field `coaching` of a key result."""
    return gathered(
        key_result_advice,
        "Advice on how it is planned, the most severe first. Empty once it is paused or dropped, and where "
        "the plan of its objective cannot be edited any more.",
        [],
    )
