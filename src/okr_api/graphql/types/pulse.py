"""GraphQL type of pulses with their results, and the field of cycles that has theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    derived,
    documents,
    external_id,
    gathered,
    global_id,
    one,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.pulse_enums import PulseState
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.okr.entity import NodeType
from okr_api.okr.pulse import answer_count, pulse_results
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.pulse_answers import viewer_has_answered

if TYPE_CHECKING:
    from okr_api.graphql.types.cycle import Cycle


def shown_count(counts: Sequence[int]) -> int | None:
    """Return the number of answers; None if none are shown."""
    return answer_count(counts) if counts else None


def shown_results(questions: Sequence[str], counts: Sequence[int]) -> list[Mapping[str, Any]] | None:
    """Return the results as rows of their type; None if none are shown."""
    results = pulse_results(questions, counts)
    return None if results is None else [asdict(result) for result in results]


@view_of()
@strawberry.type(description="What came of a question of a pulse.")
class PulseResult:
    question: str = column("question", "The question.")
    mean: float = column("mean", "Mean of the answers, 1 to 5.")
    distribution: list[int] = column(
        "distribution", "How many people gave each answer: five numbers, that of the answer 1 first."
    )


@view_of("(select * from pulse where not removed)", expressions=recorded("pulse_version"))
@strawberry.type(
    description="A few questions to everybody about the health of the work in a cycle, each answered by a "
    "score from 1 to 5. Answers are anonymous: nothing says who gave which, or when. Results are there once "
    "it is closed and at least five people have answered; everybody sees them."
)
class Pulse(Node):
    id: strawberry.ID = global_id(NodeType.PULSE)
    external_id: str | None = external_id()
    cycle: Annotated["Cycle", strawberry.lazy("okr_api.graphql.types.cycle")] = one(
        "cycle_id", "Cycle that it is about; each has at most one pulse."
    )
    questions: list[str] = column("questions", "The questions, 1 to 5, in order; each 1 to 500 characters.")
    state: PulseState = column("state", "DRAFT, OPEN or CLOSED.")
    answer_count: int | None = derived(
        shown_count,
        "counts",
        description="Number of people who answered, at least 5; null with `results`, as any number before "
        "would tell when somebody answers.",
    )
    results: list[PulseResult] | None = documents(
        shown_results,
        "questions",
        "counts",
        description="What came of each question; null until it is closed, and if fewer than five people "
        "answered.",
    )
    viewer_has_answered: bool = gathered(
        viewer_has_answered,
        "Whether you have answered it; false for a service, and once it is closed, as it is forgotten then.",
        otherwise=False,
    )
    viewer_can: ViewerCan = viewer_can(NodeType.PULSE)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class PulseOfCycle:
    """Base of the type of cycles: their pulse."""

    pulse: Pulse | None = one("pulse_id", "Its pulse, created by `pulseCreate`; null without one.")
