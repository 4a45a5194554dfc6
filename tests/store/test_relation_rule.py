"""Relations are the same in SQL and on domain objects, in random organisations."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.entity import NodeType
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Principal, Relation, Role, Scope
from okr_api.okr.relations import (
    RecordPeople,
    relations_to_objective,
    relations_to_record,
    relations_to_team,
)
from okr_api.services import (
    decisions,
    dependencies,
    experiments,
    initiatives,
    lessons,
    meetings,
    roadblocks,
    teams,
)
from okr_api.store.mappers.key_result import key_result_of
from okr_api.store.mappers.objective import objective_of
from okr_api.store.record_relations import (
    OF_DECISION,
    OF_DEPENDENCY,
    OF_EXPERIMENT,
    OF_INITIATIVE,
    OF_LESSON,
    OF_ROADBLOCK,
    relations_of_records,
)
from okr_api.store.relation_statements import (
    MAX_TEAM_LEVELS,
    OF_CHECK_IN,
    OF_KEY_RESULT,
    OF_MEETING,
    OF_OBJECTIVE,
    OF_TEAM,
    OF_TEAM_MEMBERSHIP,
    relations_of,
    roles_in_teams,
)
from tests.acme import Acme, measured, ref


async def filled(acme: Acme, random: Random) -> tuple[list[UUID], list[UUID]]:
    """Add teams, people, memberships, objectives and key results at random; return people and teams."""
    people = [acme.ann, acme.ben, acme.cem, *[await acme.person(f"P{n}") for n in range(3)]]
    found = [acme.support, acme.platform]
    for number in range(5):
        parent = random.choice([None, *found])
        found.append(await acme.team(f"T{number}", parent=parent))
    for team in found:
        for person in random.sample(people, random.randint(0, 3)):
            role = random.choice(list(TeamRole))
            id = await acme.done(teams.add_member, team=team, person=person, role=role)
            if random.random() < 0.2:
                await acme.done(teams.remove_member, team_membership=id)
    for number in range(8):
        objective = await acme.objective(
            f"O{number}",
            cycle="quarter",
            owner=random.choice([None, *people]),
            team=random.choice([None, *found]),
            contributors=[ref(one) for one in random.sample(people, random.randint(0, 3))],
        )
        owner, checks_in = (random.choice([None, *map(ref, people)]) for _ in range(2))
        key_result = await acme.key_result(f"K{number}", objective, owner=owner, check_in_owner=checks_in)
        await acme.check_in(key_result, number)
    return people, found


def principal(person: UUID) -> Principal:
    return Principal(person, Role.MEMBER, frozenset({Scope.WRITE}))


def above(parents: Mapping[UUID, UUID | None], team: UUID | None) -> list[UUID]:
    """Return a team and those above it."""
    found: list[UUID] = []
    while team is not None:
        found.append(team)
        team = parents[team]
    return found


async def in_sql(
    acme: Acme, rows: str, ids: list[UUID], person: UUID, statement: Callable[[str], str] = relations_of
) -> dict[UUID, set[Relation]]:
    async with acme.database.of(acme.organization.id) as connection:
        found = await connection.fetch(statement(rows), acme.organization.id, ids, person)
    assert {row["editing"] for row in found} == {"RESPONSIBLE"}
    return {row["id"]: set(map(Relation, row["relations"])) or {Relation.NONE} for row in found}


@pytest.mark.parametrize("seed", range(3))
async def test_relations_are_the_same_in_sql_on_objects_and_by_hand(seed: int, acme: Acme):
    people, all_teams = await filled(acme, Random(seed))
    objectives = {row["id"]: objective_of(row) for row in await acme.fetch("select * from objective")}
    key_results = {row["id"]: key_result_of(row) for row in await acme.fetch("select * from key_result")}
    check_ins = {row["id"]: row["key_result_id"] for row in await acme.fetch("select * from check_in")}
    members = await acme.fetch("select * from team_membership")
    parents = {row["id"]: row["parent_id"] for row in await acme.fetch("select * from team")}
    async with acme.database.of(acme.organization.id) as connection:
        pairs = {(team, person) for team in all_teams for person in people}
        roles = await roles_in_teams(connection, acme.organization.id, pairs)

    for (team, person), held in roles.items():
        by_hand = {
            TeamRole(row["role"])
            for row in members
            if row["person_id"] == person and row["team_id"] in above(parents, team) and not row["removed"]
        }
        assert held == by_hand

    for person in people:
        who = principal(person)
        told: dict[str, dict[UUID, set[Relation]]] = {
            name: await in_sql(acme, rows, list(ids), person)
            for name, rows, ids in (
                ("objectives", OF_OBJECTIVE, objectives),
                ("key results", OF_KEY_RESULT, key_results),
                ("check-ins", OF_CHECK_IN, check_ins),
                ("teams", OF_TEAM, all_teams),
                ("members", OF_TEAM_MEMBERSHIP, [row["id"] for row in members]),
            )
        }
        of_key_results = {
            id: relations_to_objective(who, objectives[one.objective_id], roles, one)
            for id, one in key_results.items()
        }
        assert told["objectives"] == {
            id: relations_to_objective(who, one, roles) for id, one in objectives.items()
        }
        assert told["key results"] == of_key_results
        assert told["check-ins"] == {id: of_key_results[of] for id, of in check_ins.items()}
        assert told["teams"] == {team: relations_to_team(who, team, roles) for team in all_teams}
        assert told["members"] == {
            row["id"]: relations_to_team(who, row["team_id"], roles) for row in members
        }


async def recorded(acme: Acme, random: Random, people: list[UUID], all_teams: list[UUID]) -> None:
    """Add records of each kind at random, with owners, escalations, giving teams and meetings."""
    of = [measured(row["id"], NodeType.OBJECTIVE) for row in await acme.fetch("select id from objective")]
    of += [measured(row["id"]) for row in await acme.fetch("select id from key_result")]
    held = [
        await acme.done(meetings.record_meeting, team=random.choice(all_teams), cycle="quarter")
        for _ in range(4)
    ]
    for _ in range(12):
        about, owner = random.choice(of), random.choice([None, *map(ref, people)])
        more: dict[str, Any] = {"owner": owner}
        await acme.done(initiatives.add_initiative, measured=about, title="Work", **more)
        block = await acme.done(roadblocks.add_roadblock, on=about, title="Wall", **more)
        await acme.done(
            roadblocks.escalate_roadblock, roadblock=block, to=random.choice([None, *map(ref, people)])
        )
        needing = {"needing": about, "giving_team": random.choice(all_teams), "description": "Help", **more}
        outcome = await acme.do(dependencies.add_dependency, **needing)
        assert {each.code() for each in outcome.errors} <= {"TEAM_NEEDS_ITSELF"}
        subject, meeting = random.choice([None, about]), random.choice([None, *held])
        await acme.done(decisions.add_decision, about=subject, meeting=meeting, text="Go", **more)
        await acme.done(lessons.add_lesson, source=about, title="So", **more)
        part = random.choice([one for one in of if one.node_type is NodeType.KEY_RESULT])
        await acme.done(experiments.add_experiment, key_result=part, hypothesis="So", **more)
    await acme.done(meetings.delete_meeting, meeting=held[0])


@pytest.mark.parametrize("seed", range(2))
async def test_relations_to_records_are_the_same_in_sql_and_on_objects(seed: int, acme: Acme):
    random = Random(seed)
    people, all_teams = await filled(acme, random)
    await recorded(acme, random, people, all_teams)
    objectives = {row["id"]: objective_of(row) for row in await acme.fetch("select * from objective")}
    holders = {row["id"]: row["objective_id"] for row in await acme.fetch("select * from key_result")}
    held = {row["id"]: row["team_id"] for row in await acme.fetch("select * from meeting")}
    async with acme.database.of(acme.organization.id) as connection:
        pairs = {(team, person) for team in all_teams for person in people}
        roles = await roles_in_teams(connection, acme.organization.id, pairs)
    for table, rows in (("initiative", OF_INITIATIVE), ("dependency", OF_DEPENDENCY), ("roadblock", OF_ROADBLOCK), ("decision", OF_DECISION), ("experiment", OF_EXPERIMENT), ("lesson", OF_LESSON)):  # fmt: skip
        records = await acme.fetch(f"select * from {table}")
        assert len(records) > 5
        prefix = "needing_" if table == "dependency" else ""
        seen = set[Relation]()
        for person in people:
            who, expected = principal(person), {}
            for row in records:
                holder = row.get(f"{prefix}objective_id") or holders.get(row[f"{prefix}key_result_id"])
                named = RecordPeople(
                    row["owner_id"],
                    row.get("escalated_to_id"),
                    row.get("giving_team_id"),
                    held.get(row.get("meeting_id")),
                )
                expected[row["id"]] = relations_to_record(who, named, roles, holder and objectives[holder])
                seen |= expected[row["id"]]
            ids = [row["id"] for row in records]
            assert await in_sql(acme, rows, ids, person, relations_of_records) == expected
        assert Relation.RECORD_OWNER in seen
    for person in people:
        told = await in_sql(acme, OF_MEETING, list(held), person)
        assert told == {id: relations_to_team(principal(person), team, roles) for id, team in held.items()}


async def test_a_lead_of_one_of_the_nearest_hundred_teams_above_counts(acme: Acme):
    id: UUID | None = None
    chain: list[UUID] = []
    for number in range(MAX_TEAM_LEVELS + 2):
        id = await acme.team(f"Level {number}", parent=id)
        chain.append(id)
    await acme.done(teams.add_member, team=chain[0], person="ben", role=TeamRole.LEAD)
    async with acme.database.of(acme.organization.id) as connection:
        roles = await roles_in_teams(
            connection, acme.organization.id, {(team, acme.ben) for team in (chain[0], chain[-2], chain[-1])}
        )
    assert roles == {
        (chain[0], acme.ben): {TeamRole.LEAD},
        (chain[-2], acme.ben): {TeamRole.LEAD},
        (chain[-1], acme.ben): frozenset(),
    }
    told = await in_sql(acme, OF_TEAM, [chain[-2], chain[-1]], acme.ben)
    assert told == {chain[-2]: {Relation.TEAM_LEAD}, chain[-1]: {Relation.NONE}}


async def test_teams_that_lie_under_each_other_end_the_walk(acme: Acme):
    """The services reject such loops; a file of a former release may have made one."""
    for team, parent in ((acme.support, acme.platform), (acme.platform, acme.support)):
        await acme.fetch("update team set parent_id = $2 where id = $1 returning id", team, parent)
    await acme.done(teams.add_member, team="support", person="ben", role=TeamRole.LEAD)
    told = await in_sql(acme, OF_TEAM, [acme.platform], acme.ben)
    assert told == {acme.platform: {Relation.TEAM_LEAD}}
