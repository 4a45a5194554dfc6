"""People whom changes concern: whose work they may have moved, looked up once for all subscribers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.work_concerns import concerns_everybody, concerns_nobody
from okr_api.store.time_slicing import Batches, collect

from .my_work_statements import SLOT_DAYS_BEFORE
from .snapshot import Snapshot

Change = Mapping[str, Any]
People = frozenset[str]
# People of the versions that changes ended and began, by table, as an array of a `version`.
PEOPLE_OF = {
    "key_result": "array[version.owner_id, version.check_in_owner_id]",
    "objective": "array[version.owner_id]",
    "check_in_draft": "array[version.assignee_id]",
    "roadblock": "array[version.owner_id, version.escalated_to_id]",
    "decision": "array[version.owner_id]",
    "dependency": "array[version.owner_id]",
    "initiative": "array[version.owner_id]",
    "comment": "array_append(version.mention_ids, version.author_person_id)",
    "reaction": "array[version.person_id]",
    "absence": "array[version.person_id, version.delegate_id]",
    "review_record": "array[(select owner_id from objective"
    " where organization_id = $1 and id = version.objective_id)]",
}
# Records of an objective or key result that ends or begins, by table, with the beginning of its two columns.
RECORDS_OF = {"check_in_draft": "", "roadblock": "", "dependency": "needing_", "initiative": ""}


MEASURED = ("key_result", "objective")  # who owe check-ins, which other changes do not move


def _of_versions(table: str) -> str:
    where = "where named.moves_check_ins" if table in MEASURED else ""
    return f"""
        select unnest({PEOPLE_OF[table]}) as person from (
            select * from {table}_version
            where organization_id = $1 and id = named.id and seq <= named.seq order by seq desc limit 2
        ) version {where}
    """


def _of_records(table: str) -> str:
    prefix = RECORDS_OF[table]
    return f"""
        select unnest({PEOPLE_OF[table]}) from (
            select * from {table} where organization_id = $1 and {prefix}objective_id = named.id
            union all
            select * from {table} where organization_id = $1 and {prefix}key_result_id = named.id
        ) version where named.is_plan
    """


# People of the nodes `$3` that changes at positions `$2` edited; where they may move check-ins (`$4`), who
# owes these as well; where they edited a plan (`$5`), those of all beneath the nodes; and their delegates.
CONCERNED = f"""
    with edited(seq, id, moves_check_ins, is_plan) as (
        select * from unnest($2::bigint[], $3::uuid[], $4::boolean[], $5::boolean[])
    ), named as materialized (
        select seq, id, moves_check_ins, is_plan from edited
        union
        select edited.seq, part.id, true, true from edited join key_result part
            on edited.is_plan and part.organization_id = $1 and part.objective_id = edited.id
    ), found as materialized (
        select distinct named.seq, people.person from named cross join lateral (
            select id as person from person where organization_id = $1 and id = named.id
            union all
            {" union all ".join(map(_of_versions, PEOPLE_OF))}
            union all
            {" union all ".join(map(_of_records, RECORDS_OF))}
        ) people where people.person is not null
    )
    select seq, person from found
    union
    select found.seq, as_then.delegate_id from found
    join absence away on away.organization_id = $1 and away.person_id = found.person
        and away.ends_on >= now()::date - {SLOT_DAYS_BEFORE}
    cross join lateral (
        select delegate_id, removed from absence_version
        where organization_id = $1 and id = away.id and seq <= found.seq order by seq desc limit 1
    ) as_then
    where as_then.delegate_id is not null and not as_then.removed
"""


async def people_concerned(snapshot: Snapshot, changes: Sequence[Change]) -> Mapping[int, People | None]:
    """Return the ids, as hex digits, of the people whom each change concerns, by `seq`; None for everybody.

    It depends on the changes alone, not on what the viewer sees.
    """
    found: dict[int, People | None] = {}
    asked: list[tuple[int, UUID, bool, bool]] = []
    for change in changes:
        kind, nodes = ChangeKind(change["kind"]), [change["node_id"], *change["related_ids"]]
        found[change["seq"]] = frozenset()
        if concerns_everybody(kind, change["fields"], len(nodes)):
            found[change["seq"]] = None
        elif not concerns_nobody(kind):
            asked += await collect((change["seq"], id, kind.moves_trees, kind.edits_plans) for id in nodes)
    people: dict[int, set[str]] = {}
    async for batch in Batches(asked):
        for row in await snapshot.fetch(CONCERNED, *map(list, zip(*batch, strict=True))):
            people.setdefault(row["seq"], set()).add(row["person"])
    return found | {seq: frozenset(some) for seq, some in people.items()}
