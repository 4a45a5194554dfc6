"""Everything of an organisation at one instant: definitions with their versions, facts, decisions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from okr_api.okr.change import Change, ChangeKind, NodeType
from okr_api.okr.check_in import CURRENT, Author, CheckIn
from okr_api.okr.people import Organization, Person, Team
from okr_api.okr.tree import Tree

from .database import Database
from .finding import all_people, all_teams
from .history import Version, Versions
from .loading import load_cycles, load_everything
from .rows import Postgres, Row
from .wording.cycle import cycle_of
from .wording.facts import alignment_of, check_in_of
from .wording.key_result import key_result_of
from .wording.objective import objective_of
from .wording.people import organization_of, person_of, team_of

T = TypeVar("T")

ORGANIZATION = "select * from organization where id = $1"
CHECK_INS = "select * from check_in where organization_id = $1 order by seq, place, id"
CHANGES = """
    select seq, recorded_at, kind, author_name, author_person_id, node_type, node_id, fields, reason
    from change where organization_id = $1 and kind <> all($2::text[]) order by seq
"""
FAMILIES = """
    with recursive chain as (
        (
            select * from check_in where organization_id = $1 and id = any($2::uuid[])
            union select * from check_in where organization_id = $1 and external_id = any($3::text[])
            union select * from check_in where organization_id = $1 and imported_as = any($3::text[])
            union select * from check_in
            where organization_id = $1 and imported_as = $4 and key_result_id = any($5::uuid[])
        )
        union
        select later.* from check_in later join chain on later.supersedes_id = chain.id
        where later.organization_id = $1
    )
    select * from chain
"""
SAID_BY_CHECK_INS = (ChangeKind.CHECK_IN_RECORDED, ChangeKind.CHECK_IN_RETRACTED)


@dataclass(frozen=True)
class Everything:
    """An organisation as a whole.

    *Shape*: `check_ins` in the order in which they were recorded; `changes` are the decisions, in
    order of `seq` and without their deltas: neither check-ins, which say it all themselves, nor
    imports, which are the way in which facts came and no facts.
    """

    organization: Organization
    people: list[Person]
    teams: list[Team]
    tree: Tree
    check_ins: list[CheckIn]
    versions: Versions
    changes: list[Change]


async def load_organization(database: Database, organization_id: UUID) -> Everything | None:
    """Everything of the organisation, read in one snapshot; None where there is no such organisation."""
    async with database.snapshot(organization_id) as connection:
        row = await connection.fetchrow(ORGANIZATION, organization_id)
        if row is None:
            return None
        tree = Tree(organization_of(row))
        await load_cycles(connection, tree)
        await load_everything(connection, tree)
        without = [str(kind) for kind in (*SAID_BY_CHECK_INS, ChangeKind.IMPORTED)]
        return Everything(
            organization=tree.organization,
            people=await all_people(connection, organization_id),
            teams=await all_teams(connection, organization_id),
            tree=tree,
            check_ins=[check_in_of(row) for row in await connection.fetch(CHECK_INS, organization_id)],
            versions=await _versions(connection, organization_id),
            changes=[_decision(row) for row in await connection.fetch(CHANGES, organization_id, without)],
        )


async def check_in_families(
    connection: Postgres,
    organization_id: UUID,
    *,
    ids: Sequence[UUID],
    external_ids: Sequence[str],
    current_of: Sequence[UUID],
) -> list[CheckIn]:
    """Return check-ins by id and external id, current values by key result, and all that correct them."""
    rows = await connection.fetch(
        FAMILIES, organization_id, list(ids), list(external_ids), CURRENT, list(current_of)
    )
    return [check_in_of(row) for row in rows]


async def _versions(connection: Postgres, organization_id: UUID) -> Versions:
    async def of(table: str, word: Callable[[Row], T]) -> list[Version[T]]:
        rows = await connection.fetch(
            f"select * from {table} where organization_id = $1 order by seq", organization_id
        )
        return [Version(word(row), row["seq"], row["recorded_at"], row.get("ended", False)) for row in rows]

    return Versions(
        people=await of("person_version", person_of),
        teams=await of("team_version", team_of),
        cycles=await of("cycle_version", cycle_of),
        objectives=await of("objective_version", objective_of),
        key_results=await of("key_result_version", key_result_of),
        alignments=await of("alignment_version", alignment_of),
    )


def _decision(row: Any) -> Change:
    return Change(
        seq=row["seq"],
        recorded_at=row["recorded_at"],
        kind=ChangeKind(row["kind"]),
        author=Author(row["author_name"], row["author_person_id"]),
        node_type=NodeType(row["node_type"]),
        node_id=row["node_id"],
        fields=tuple(row["fields"]),
        reason=row["reason"],
    )
