"""GraphQL type `Milestone`, and stored milestones as it reads them, each with whether it is done."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import strawberry

from okr_api.graphql.fields import column, view_of


def milestones_with_done(
    milestones: Sequence[Mapping[str, Any]], done: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Return the stored milestones, each with whether its key is in `done`."""
    return [
        {**milestone, "done": milestone["key"] in (done or ()), "dueOn": day_of(milestone["dueOn"])}
        for milestone in milestones
    ]


def day_of(written: str | date | None) -> date | None:
    """Return a stored day."""
    return date.fromisoformat(written) if isinstance(written, str) else written


@view_of()
@strawberry.type(description="One step of a key result measured by MILESTONES; it is either done or not.")
class Milestone:
    key: str = column("key", "Key of the milestone, unique within its key result; used in `milestonesDone`.")
    name: str = column("name", "What is to be done, 1 to 200 characters.")
    weight: float = column("weight", "Weight in the key result's progress; 1 by default.")
    due_on: date | None = column(
        "dueOn", "Last day to finish it, in the organisation's time zone; null if it has none of its own."
    )
    done: bool = column("done", "Whether the current check-in lists it as done.")
