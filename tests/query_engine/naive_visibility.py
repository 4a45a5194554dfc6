"""Who sees an objective, for the naive reader: the table of docs/policy.md, tried on facts once more.

It reads memberships, roles and `visibility`, and never the stored audience.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from okr_api.auth.actor import Actor

Row = Mapping[str, Any]
Tables = Mapping[str, list[Row]]
TEAMS_AND_ABOVE = 101  # a team and the nearest 100 above it
AUDIENCE_INPUTS = {"Objective": "objective", "Team": "team", "TeamMembership": "team_membership", "Person": "person"}  # fmt: skip
WRITE_AUDIENCES = """
    update objective set viewer_ids = told.viewers
    from json_to_recordset($1::json) told(id uuid, viewers uuid[])
    where objective.id = told.id and objective.viewer_ids is distinct from told.viewers
"""


def is_in_audience(tables: Tables, person: UUID, objective: Row) -> bool:
    """Return whether a person, whatever their role, is among those who see an objective."""
    takes_part = objective["owner_id"] == person or person in objective["contributor_ids"]
    match objective["visibility"]:
        case "ORGANIZATION":
            return True
        case "PRIVATE":
            return takes_part or person in objective["shared_with_ids"]
        case "TEAM":
            return takes_part or is_member(tables, person, objective["team_id"])
    raise AssertionError(objective["visibility"])


def is_member(tables: Tables, person: UUID, team: UUID | None) -> bool:
    """Return whether a person is in a team, or in one above it."""
    above = {row["id"]: row["parent_id"] for row in tables["Team"]}
    memberships = tables["TeamMembership"]
    own = {row["team_id"] for row in memberships if row["person_id"] == person and not row["removed"]}
    for _ in range(TEAMS_AND_ABOVE):
        if team is None or team in own:
            break
        team = above[team]
    return team in own


def is_restricted_to_others(tables: Tables, actor: Actor, objective: Row) -> bool:
    """Return whether an actor does not see an objective because of its visibility."""
    person = actor.author.person_id
    if person is None:
        return objective["visibility"] != "ORGANIZATION" and not actor.sees_private
    return actor.role != "ADMIN" and not is_in_audience(tables, person, objective)


async def write_audiences(connection: Any, organization_id: UUID) -> None:
    """Store the audience of every objective of an organisation, which follows from facts."""
    tables: dict[str, list[Row]] = {}
    for type_name, table in AUDIENCE_INPUTS.items():
        tables[type_name] = await connection.fetch(
            f"select * from {table} where organization_id = $1", organization_id
        )
    people = sorted(row["id"] for row in tables["Person"])
    audiences = [
        {
            "id": row["id"],
            "viewers": None
            if row["visibility"] == "ORGANIZATION"
            else [id for id in people if is_in_audience(tables, id, row)],
        }
        for row in tables["Objective"]
    ]
    await connection.execute(WRITE_AUDIENCES, orjson.dumps(audiences, default=str).decode())
