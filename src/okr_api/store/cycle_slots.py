"""Count the check-in slots of whole cycles by state, in a number of statements that does not depend on rows.

The rules are those of `check_in_plans`. Nodes whose versions say nothing of their own share what is due with
all others of their team and cycle, so that it is computed once for these.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from okr_api.okr.absence import Absences
from okr_api.okr.check_in_slots import CheckInSlotState, Due, dues_within, slots_of, when_closed
from okr_api.okr.people import Organization

from .bulk_write import Row, RowReader
from .cadence_histories import Histories, Setting, load_places, setting_of
from .cadence_statements import cadences_of_teams
from .check_in_plans import days_with_slots, load_absences, rules_of
from .slot_statements import (
    KEY_RESULT_OWES,
    OBJECTIVE_OWES,
    ORGANIZATION_VERSIONS,
    TEAM_VERSIONS,
    versions_of,
)
from .time_slicing import Batches, TimeSlice
from .tree_statements import LIVE, MEETS_SLOTS

_UNNAMED = UUID(int=0)  # which check-in met a slot does not matter here
_HELD = """
    from cycle
    join objective holder on holder.organization_id = $1 and holder.cycle_id = cycle.id
        and holder.state in ('PUBLISHED', 'CLOSED')
"""
_OBJECTIVES = f"""
    {_HELD}
    where cycle.organization_id = $1 and cycle.id = any($2::uuid[]) and exists (
        select from objective_version version
        where version.organization_id = $1 and version.id = holder.id and version.cadence is not null
    )
"""
_KEY_RESULTS = f"""
    {_HELD}
    join key_result measured on measured.organization_id = $1 and measured.objective_id = holder.id
        and measured.state = 'ACTIVE'
    where cycle.organization_id = $1 and cycle.id = any($2::uuid[])
"""
_NODE = """
    cycle.id as cycle_id, cycle.starts_on, cycle.ends_on, cycle.rules,
    holder.id as objective_id, holder.team_id
"""
# The key results in force of counting objectives, and those of these that ever had a cadence of their own.
OWED_IN_CYCLES = f"""
    select measured.id, measured.id as key_result_id, measured.created_at, {_NODE},
        coalesce(measured.check_in_owner_id, measured.owner_id, holder.owner_id) as owner_id
    {_KEY_RESULTS}
    union all
    select holder.id, null, (
            select recorded_at from objective_version version
            where version.organization_id = $1 and version.id = holder.id order by seq limit 1
        ), {_NODE}, holder.owner_id
    {_OBJECTIVES}
"""
_NOT_PLAIN = "and not is_plain"
OBJECTIVES_IN_CYCLES = versions_of(
    "objective",
    OBJECTIVE_OWES,
    f"(select holder.id {_HELD} where cycle.organization_id = $1 and cycle.id = any($2::uuid[])) asked",
    _NOT_PLAIN,
)
KEY_RESULTS_IN_CYCLES = versions_of(
    "key_result", KEY_RESULT_OWES, f"(select measured.id {_KEY_RESULTS}) asked", _NOT_PLAIN
)


def _instants(nodes: str, of: str) -> str:
    """Return the query of the instants at which check-ins on nodes were effective that can meet slots."""
    return f"""
        select node.id as node_id, said.effective_at
        from (select {nodes}) node cross join lateral (
            select effective_at from check_in said
            where organization_id = $1 and {of} = node.id and {MEETS_SLOTS} and {LIVE.format("said")}
        ) said
    """


MET_IN_CYCLES = f"""
    select node_id, array_agg(effective_at order by effective_at) as instants
    from (
        {_instants(f"measured.id {_KEY_RESULTS}", "key_result_id")}
        union all
        {_instants(f"holder.id {_OBJECTIVES}", "objective_id")}
    ) met
    group by node_id
"""
Place = tuple[UUID, UUID | None]  # a cycle and a team, or None for objectives without one
States = Counter[CheckInSlotState]


@dataclass
class _Dues:
    """What is due of each node: that of nodes without a history of their own is computed once for all."""

    histories: Histories
    zone: ZoneInfo
    at: Mapping[UUID, datetime]
    known: dict[tuple[UUID | None, ...], list[Due]] = field(default_factory=dict)

    def of(self, row: Row) -> Sequence[Due]:
        """Return what is due of a node, from when it was created."""
        own = [row[name] if row[name] in self.histories.nodes else None for name in ("objective_id", "id")]
        key = row["cycle_id"], row["team_id"], *own
        dues = self.known.get(key)
        if dues is None:
            rules = rules_of(row)
            zone = rules.zone if rules else self.zone
            today = self.at[row["cycle_id"]].astimezone(zone).date()
            rhythms = self.histories.rhythms_of(row, rules.at if rules else None)
            dues = self.known[key] = dues_within(rhythms, zone, *days_with_slots(row, today))
        begin = row["created_at"]
        if begin is None or not dues or dues[0].due_at >= begin:
            return dues
        return [due for due in dues if due.due_at >= begin]


async def load_slot_states(
    connection: RowReader, organization: Organization, at: Mapping[UUID, datetime]
) -> dict[Place, States]:
    """Return how many slots of cycles have each state, as they were at an instant, by cycle and team.

    `at` has the instant of each cycle. Slots more than two years before it are left out.
    """
    cycles = list(at)
    owed = await connection.fetch(OWED_IN_CYCLES, organization.id, cycles)
    dues = _Dues(await _load_histories(connection, organization, cycles, owed), organization.zone, at)
    absences = await load_absences(connection, organization, owed)
    met = {
        row["node_id"]: row["instants"]
        for row in await connection.fetch(MET_IN_CYCLES, organization.id, cycles)
    }
    found: defaultdict[Place, States] = defaultdict(Counter)
    time_slice = TimeSlice()
    for row in owed:
        rules = rules_of(row)
        then = rules.at if rules else at[row["cycle_id"]]
        states = _states(
            row, dues.of(row), met.get(row["id"], ()), absences[rules.at if rules else None], then
        )
        found[row["cycle_id"], row["team_id"]].update(states)
        await time_slice.pause()
    return found


def _states(
    row: Row, dues: Sequence[Due], instants: Sequence[datetime], absences: Absences, at: datetime
) -> Iterator[CheckInSlotState]:
    """Yield the states of the slots of a node."""
    check_ins = [(instant, _UNNAMED) for instant in instants]
    slots = slots_of(dues, check_ins, owner_id=row["owner_id"], absences=absences, now=at)
    return (slot.state for slot in (when_closed(slots) if row["rules"] else slots))


async def _load_histories(
    connection: RowReader, organization: Organization, cycles: Sequence[UUID], owed: Sequence[Row]
) -> Histories:
    """Load the histories of the organisation, of teams, and of nodes that have ever said anything."""
    versions = await connection.fetch(ORGANIZATION_VERSIONS, organization.id)
    teams = await cadences_of_teams(
        connection, organization.id, {row["team_id"] for row in owed if row["team_id"]}
    )
    places = await load_places(
        connection, organization.id, {row["team_id"] for row in owed if row["team_id"] and row["rules"]}
    )
    nodes: defaultdict[UUID, list[Setting]] = defaultdict(list)
    for statement, asked in (
        (TEAM_VERSIONS, list({*teams, *places})),
        (OBJECTIVES_IN_CYCLES, cycles),
        (KEY_RESULTS_IN_CYCLES, cycles),
    ):
        async for batch in Batches(await connection.fetch(statement, organization.id, asked)):
            for row in batch:
                nodes[row["id"]].append(setting_of(row, row["is_owing"]))
    parents = {id: team.parent_id for id, team in teams.items()}
    return Histories([setting_of(row) for row in versions], nodes, parents, places)
