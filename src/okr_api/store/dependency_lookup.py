"""SQL of which objective needs which; `DependencyGraph` in `okr/dependency.py` is the rule."""

from uuid import UUID

from .bulk_write import Postgres

# The objectives that give something to `{of}`, without the dependency $6, and with the key result $4 in the
# objective $5; `offset 0` forces an index lookup for each.
_GIVERS = """
    cross join lateral (
        select coalesce(
            need.giving_objective_id, case when part.id = $4::uuid then $5::uuid else part.objective_id end
        ) as id
        from (
            select * from dependency
            where organization_id = $1 and needing_objective_id = {of} and not removed
            union all
            select held.* from key_result mine
            join dependency held on held.organization_id = $1 and held.needing_key_result_id = mine.id
                and not held.removed
            where mine.organization_id = $1 and mine.objective_id = {of} and mine.id is distinct from $4
            union all
            select * from dependency
            where organization_id = $1 and needing_key_result_id = $4 and $5 = {of} and not removed
        ) need
        left join key_result part on part.organization_id = $1 and part.id = need.giving_key_result_id
        where need.id is distinct from $6::uuid
            and (need.giving_objective_id is not null or need.giving_key_result_id is not null)
        offset 0
    ) giver
"""
NEEDS = f"""
    with recursive reached(id) as (
        select $2::uuid
        union
        select giver.id from reached {_GIVERS.format(of="reached.id")}
    )
    select exists (select from reached {_GIVERS.format(of="reached.id")} where giver.id = $3::uuid)
"""


async def objective_needs(
    connection: Postgres,
    organization_id: UUID,
    objective_id: UUID,
    other_id: UUID,
    *,
    moved: tuple[UUID, UUID] | None = None,
    without: UUID | None = None,
) -> bool:
    """Return whether an objective needs another one, directly or through others, by stored dependencies.

    `moved` is a key result with the objective that it is to belong to; `without` a dependency to leave out.
    """
    key_result_id, holder_id = moved or (None, None)
    found = await connection.fetchval(
        NEEDS, organization_id, objective_id, other_id, key_result_id, holder_id, without
    )
    return bool(found)
