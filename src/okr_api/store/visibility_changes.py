"""Visibility changes: record which objectives and key results a change showed to somebody or hid from them.

A row has the people who saw the node before and after, None for everybody; people in both are left out. Rows
with a `new_role` are of people who got that role, which shows or hides the node; all others are of audiences.
A brand-new objective needs no row: nobody saw it before.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from okr_api.okr.change_tracking import PlainEntities, TrackedDict
from okr_api.okr.entity import NodeType
from okr_api.okr.people import Person
from okr_api.okr.policy import SCOPE_OF_ROLE, SUFFICIENT, Role, Scope
from okr_api.okr.tree import Tree

from . import tables
from .bulk_write import Batch, Postgres
from .hidden_rows import UNPUBLISHED_OBJECTIVE
from .tables import table_of
from .time_slicing import Batches, mapped

Audience = tuple[UUID, ...] | None
AudienceMove = tuple[UUID, Audience, Audience]  # an objective, and who saw it before and after
# A scalar subquery is looked up for each row; for `exists`, PostgreSQL 16 may read the whole table.
HAS_VISIBILITY_CHANGES = """
    (
        select true from visibility_change moved
        where moved.organization_id = {row}.organization_id and moved.seq = {row}.seq
        limit 1
    ) is true
"""
# Of the existing objectives in the document, whose audiences have moved before.
RECORD_AUDIENCES = f"""
    insert into visibility_change (organization_id, seq, node_id, new_role, node_type,
        viewers_before, viewers_after, was_unpublished, is_unpublished)
    select $1, $2, moved.id, '', '{NodeType.OBJECTIVE}', moved.before, moved.after,
        {UNPUBLISHED_OBJECTIVE.format(row="objective")} or moved.was_unpublished,
        {UNPUBLISHED_OBJECTIVE.format(row="objective")}
    from json_to_recordset($3::json) moved(id uuid, before uuid[], after uuid[], was_unpublished bool)
    join objective on objective.organization_id = $1 and objective.id = moved.id
"""
# People whose role changes see or do not see what is unpublished, and what is restricted to others: of all
# objectives but the new ones, $4. Audiences are those before the change.
RECORD_ROLES = f"""
    insert into visibility_change (organization_id, seq, node_id, new_role, node_type,
        viewers_before, viewers_after, was_unpublished, is_unpublished)
    select $1, $2, moved.id, moved.new_role, '{NodeType.OBJECTIVE}',
        coalesce(array_agg(moved.person order by moved.person) filter (where moved.saw), '{{}}'),
        coalesce(array_agg(moved.person order by moved.person) filter (where moved.sees), '{{}}'),
        moved.is_unpublished, moved.is_unpublished
    from (
        select hidden.id, hidden.is_unpublished, role.person, role.new_role,
            (role.was_admin or hidden.has) and (role.was_editor or not hidden.is_unpublished) as saw,
            (role.is_admin or hidden.has) and (role.is_editor or not hidden.is_unpublished) as sees
        from json_to_recordset($3::json)
            role(person uuid, new_role text, was_admin bool, is_admin bool, was_editor bool, is_editor bool)
        cross join lateral (
            select id, viewer_ids is null or role.person = any(viewer_ids) as has,
                {UNPUBLISHED_OBJECTIVE.format(row="objective")} as is_unpublished
            from objective
            where organization_id = $1 and id <> all($4::uuid[])
                and (viewer_ids is not null or {UNPUBLISHED_OBJECTIVE.format(row="objective")})
        ) hidden
    ) moved
    where moved.saw <> moved.sees
    group by moved.id, moved.new_role, moved.is_unpublished
"""


async def record_new_roles(connection: Postgres, tree: Tree, plain: PlainEntities, seq: int) -> None:
    """Record what new roles show or hide, before the change moves audiences."""
    if roles := list(_new_roles(plain)):
        new = [id for id in tree.objectives.changed_keys() if tree.objectives.before(id) is None]
        document = orjson.dumps(roles, default=str).decode()
        await connection.execute(RECORD_ROLES, tree.organization.id, seq, document, new)


async def record_moved_key_results(
    connection: Postgres, tree: Tree, seq: int, moved: Mapping[UUID, Audience]
) -> None:
    """Record what key results that moved between objectives show or hide.

    `moved` has the audiences that the change moved, by objective: one that takes over key results may be new.
    """
    if rows := list(_moved_key_results(tree, moved)):
        batch = Batch(connection)
        shared = {"organization_id": tree.organization.id, "seq": seq}
        await batch.append(table_of(tables.VisibilityChangeRow), rows, shared)
        await batch.write()


async def record_audience_moves(
    connection: Postgres,
    organization_id: UUID,
    seq: int,
    moves: Sequence[AudienceMove],
    published: Collection[UUID] = (),
) -> None:
    """Record moves of audiences of saved objectives, some of which the same change has `published`."""
    of = partial(_audience_document, published)
    async for some in Batches(await mapped(of, moves)):
        document = orjson.dumps(some, default=str).decode()
        await connection.execute(RECORD_AUDIENCES, organization_id, seq, document)


def _audience_document(published: Collection[UUID], move: AudienceMove) -> dict[str, Any]:
    """Return what the statement reads of a move."""
    id, *audiences = move
    before, after = without_common(*audiences)
    return {"id": id, "before": before, "after": after, "was_unpublished": id in published}


def without_common(before: Audience, after: Audience) -> tuple[Audience, Audience]:
    """Return two audiences without the people in both; None is everybody, who are left as they are."""
    if before is None or after is None:
        return before, after
    common = set(before) & set(after)
    return (
        tuple(one for one in before if one not in common),
        tuple(one for one in after if one not in common),
    )


def _moved_key_results(tree: Tree, moved: Mapping[UUID, Audience]) -> Iterator[dict[str, Any]]:
    """Yield the rows of key results that moved between objectives with different audiences."""
    for key_result in tree.key_results.changed():
        stored = tree.key_results.before(key_result.id)
        if stored is None or stored.objective_id == key_result.objective_id:
            continue
        holder = tree.objectives[key_result.objective_id]
        former = tree.objectives.before(stored.objective_id) or tree.objectives[stored.objective_id]
        before, after = former.viewer_ids, moved.get(holder.id, holder.viewer_ids)
        if before == after:
            continue
        if former.is_unpublished == holder.is_unpublished:
            before, after = without_common(before, after)
        yield {
            "node_id": key_result.id,
            "new_role": "",
            "node_type": NodeType.KEY_RESULT,
            "viewers_before": before,
            "viewers_after": after,
            "was_unpublished": former.is_unpublished,
            "is_unpublished": holder.is_unpublished,
        }


def _new_roles(plain: PlainEntities) -> Iterator[dict[str, Any]]:
    """Yield the people whose role changes, with what their former and their new role let them see."""
    people = plain.get(Person) or TrackedDict[UUID, Person]()
    for person in people.changed():
        before = people.before(person.id)
        if before is None or before.role == person.role:
            continue
        yield {
            "person": person.id,
            "new_role": person.role,
            "was_admin": before.role is Role.ADMIN,
            "is_admin": person.role is Role.ADMIN,
            "was_editor": SCOPE_OF_ROLE[before.role] in SUFFICIENT[Scope.WRITE],
            "is_editor": SCOPE_OF_ROLE[person.role] in SUFFICIENT[Scope.WRITE],
        }
