"""GraphQL types of the agenda of a check-in meeting."""

from datetime import datetime

import strawberry

from okr_api.graphql.fields import column, documents, one, one_of, view_of
from okr_api.graphql.types.cycle import Cycle
from okr_api.graphql.types.meeting import Meeting
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.people import Team
from okr_api.graphql.work_enums import AgendaSectionKind
from okr_api.query_engine.global_ids import node_named


@view_of()
@strawberry.type(description="Something to talk about in a check-in meeting.")
class AgendaItem:
    node: Node = one_of(
        node_named,
        "node_type",
        "node_id",
        description="What it is about: a decision, roadblock or dependency in the sections of these, else a "
        "key result or an objective.",
    )
    why: str = column(
        "why",
        'Why it is on the agenda, as one sentence, such as "Confidence fell from 70 % to 40 %". For people: '
        "its wording may change in any release.",
    )
    since: datetime = column(
        "since",
        "Since when it is so: since the window of the check-in opened, the meeting decided, the confidence "
        "or status was stated, the value was stated first, the roadblock has been open, the two statuses "
        "have differed, the dependency was created, or the progress of 1 was reached. That of DIVERGENT is "
        "the latest instant at which one of the two statuses turned to what it is, by the facts known now: "
        "a change that recomputes past statuses, such as another target, can move it.",
    )
    due_at: datetime | None = column(
        "due_at",
        "When it is due: that of the check-in, or the end of the day of a decision, a roadblock or a "
        "dependency. Null without one.",
    )


@view_of()
@strawberry.type(description="One section of an agenda; it may be empty.")
class AgendaSection:
    kind: AgendaSectionKind = column("kind", "What is in it.")
    items: list[AgendaItem] = documents(
        lambda items: items,
        "items",
        description="What is due earliest first, then what has been so for longest; at most 50.",
    )
    total_count: int = column("total_count", "Number of all items; of records at most 1,000 are counted.")


@view_of()
@strawberry.type(description="What a team should talk about in its check-in meeting, as far as you see it.")
class CheckInAgenda:
    team: Team = one("team_id", "The team that meets.")
    cycle: Cycle | None = one(
        "cycle_id", "The cycle that it is about; null if it is about all active cycles."
    )
    at: datetime = column("at", "The instant of the meeting, at which what is due is judged.")
    last_meeting: Meeting | None = one(
        "last_meeting_id",
        "The team's latest meeting before `at`, about the cycle if one is given: what dropped and what was "
        "won is told since then. Null without one: then it is since the cycle began.",
    )
    sections: list[AgendaSection] = documents(
        lambda sections: sections, "sections", description="All sections, in the order of a meeting."
    )
