"""GraphQL types of what a person owes, and the event that tells that it may have moved."""

from datetime import datetime

import strawberry

from okr_api.graphql.fields import column, documents, one, one_of, same, view_of
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.change import DUE_AT, ChangeCause
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.people import Person
from okr_api.graphql.work_enums import WorkKind
from okr_api.query_engine.global_ids import node_named


@view_of()
@strawberry.type(description="One thing that a person owes.")
class WorkItem:
    kind: WorkKind = column("kind", "What it is, such as CHECK_IN.")
    node: Node = one_of(
        node_named,
        "node_type",
        "node_id",
        description="What it is about: of a CHECK_IN the key result or the objective, of a MENTION the "
        "comment, else the roadblock, decision, dependency, initiative or draft itself.",
    )
    due_at: datetime | None = column(
        "due_at",
        "When it is due. What is due on a day is due at its end, in the time zone of the organisation. Null "
        "if it has no day, as drafts and mentions.",
    )
    since: datetime = column(
        "since",
        "Since when the person has owed it without a break: since the window of the check-in opened, or "
        "since they became its owner, were mentioned, and so on.",
    )
    why: str = column(
        "why",
        'Why it is on the list, as one sentence, such as "Check in: it is due". For people: its wording may '
        "change in any release.",
    )
    overdue: bool = column("overdue", "Whether it should have been done before now.")


@view_of()
@strawberry.type(description="What a person owes, as far as you see it, as one list.")
class MyWork:
    person: Person = one("person_id", "The person who owes it.")
    items: list[WorkItem] = documents(
        lambda items: items,
        "items",
        description="The first items: what is due earliest first, so that what is overdue comes first of "
        "all; then what is due at no time, by how long it has waited.",
    )
    total_count: int = column("total_count", "Number of all items.")
    overdue_count: int = column("overdue_count", "Number of all items that are overdue.")


@view_of()
@strawberry.type(
    description="Event that what a person owes may have moved. It may be as it was: read `myWork` again."
)
class MyWorkChange:
    seq: Seq = column("seq", "Position in the feed. Pass the latest one as `after` to resume without a gap.")
    at: datetime = column("recorded_at", "When the change was recorded.")
    due_at: datetime | None = column("due_at", DUE_AT)
    cause: ChangeCause = same("What may have moved it.")
    person: Person = one("person_id", "The person whose work it is.")
