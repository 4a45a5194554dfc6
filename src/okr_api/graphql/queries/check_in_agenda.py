"""Query field `checkInAgenda`: what a team should talk about in its check-in meeting."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import strawberry

from okr_api.graphql.argument_values import only_one_of
from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.types.check_in_agenda import CheckInAgenda
from okr_api.okr.check_in_agenda import MAX_AGENDA_DAYS
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.check_in_agenda import AgendaScope, load_agenda
from okr_api.query_engine.global_ids import TYPE_NAMES, id_of_argument
from okr_api.query_engine.reader import Reader

TeamId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Team that meets; give either this or `teamExternalId`."),
]
TeamExternalId = Annotated[
    str | None,
    strawberry.argument(description="External id of the team; give either this or `teamId`."),
]
CycleId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only objectives and meetings of this cycle; by default objectives of all active cycles. "
        "Give either this or `cycleExternalId`."
    ),
]
CycleExternalId = Annotated[
    str | None,
    strawberry.argument(description="External id of the cycle; give either this or `cycleId`."),
]


@strawberry.type
class CheckInAgendaQuery:
    """Query root field of agendas."""

    @strawberry.field(
        description="Agenda of a team's check-in meeting, about the objectives that belong to the team: open "
        "decisions of earlier meetings, check-ins that are due, what dropped since the last meeting, is "
        "stuck, is blocked, is reported otherwise than its numbers say, dependencies that are due, and what "
        "was won. Null if the team or the cycle does not exist."
    )
    async def check_in_agenda(
        self,
        info: Info,
        team_id: TeamId = None,
        team_external_id: TeamExternalId = None,
        cycle_id: CycleId = None,
        cycle_external_id: CycleExternalId = None,
        at: Annotated[
            datetime | None,
            strawberry.argument(
                description="When the meeting is, at most 366 days from now; by default now. Records and "
                "numbers are those of now, check-ins those that are effective by then."
            ),
        ] = None,
    ) -> CheckInAgenda | None:
        """Return the agenda of a team."""
        of_team = only_one_of(team_id=team_id, team_external_id=team_external_id)
        of_cycle = (
            None
            if cycle_id is None and cycle_external_id is None
            else only_one_of(cycle_id=cycle_id, cycle_external_id=cycle_external_id)
        )
        reader = await reader_for(info)
        now = reader.snapshot.now
        if at is not None and abs(at - now) > timedelta(days=MAX_AGENDA_DAYS):
            raise InvalidInput(f"at must lie within {MAX_AGENDA_DAYS} days from now", path=["at"])
        team = await _visible(reader, NodeType.TEAM, *of_team)
        cycle = await _visible(reader, NodeType.CYCLE, *of_cycle) if of_cycle else None
        if team is None or (of_cycle and cycle is None):
            return None
        scope = AgendaScope(team, cycle, at or now)
        agenda: CheckInAgenda = await reader.made("CheckInAgenda", await load_agenda(reader.snapshot, scope))
        return agenda


async def _visible(reader: Reader, node_type: NodeType, name: str, value: str) -> UUID | None:
    """Return the id of the entity that an argument names; None if it does not exist."""
    id = await id_of_argument(reader.snapshot, node_type, name, value)
    return None if id is None else await reader.id_of_visible(TYPE_NAMES[node_type], id)
