"""SQL fragments of alignments as edges of the tree: parent objective, objectives beneath, ancestors."""

PARENT_OBJECTIVE = """
    coalesce({edge}.parent_objective_id, (
        select through.objective_id from key_result through
        where through.organization_id = {edge}.organization_id and through.id = {edge}.parent_key_result_id))
"""
# Objective of a `{row}` that belongs to an objective or a key result, whose ids are in two columns.
HOLDER = """
    coalesce({{row}}.{prefix}objective_id, (
        select part.objective_id from key_result part
        where part.organization_id = {{row}}.organization_id and part.id = {{row}}.{prefix}key_result_id))
"""
OBJECTIVE_OF_INITIATIVE = OBJECTIVE_OF_CHECK_IN = HOLDER.format(prefix="")
OBJECTIVE_OF_RECORD = (
    OBJECTIVE_OF_INITIATIVE  # of a roadblock, a decision or a lesson; null for one about nothing
)
OBJECTIVE_OF_EXPERIMENT = """
    (select part.objective_id from key_result part
     where part.organization_id = {row}.organization_id and part.id = {row}.key_result_id)
"""
_HOLDER = """
    (select holder.{column} from objective holder
     where holder.organization_id = {{row}}.organization_id and holder.id = {objective})
"""
TEAM_OF_RECORD = _HOLDER.format(column="team_id", objective=OBJECTIVE_OF_RECORD)
CYCLE_OF_RECORD = _HOLDER.format(column="cycle_id", objective=OBJECTIVE_OF_RECORD)
TEAM_OF_EXPERIMENT = _HOLDER.format(column="team_id", objective=OBJECTIVE_OF_EXPERIMENT)
CYCLE_OF_EXPERIMENT = _HOLDER.format(column="cycle_id", objective=OBJECTIVE_OF_EXPERIMENT)
TEAM_OF_REVIEW = _HOLDER.format(column="team_id", objective="{row}.objective_id")
CYCLE_OF_REVIEW = _HOLDER.format(column="cycle_id", objective="{row}.objective_id")
TEAM_OF_DECISION = f"""
    coalesce((
        select held.team_id from meeting held
        where held.organization_id = {{row}}.organization_id and held.id = {{row}}.meeting_id
    ), {TEAM_OF_RECORD})
"""
NEEDING_OBJECTIVE, GIVING_OBJECTIVE = HOLDER.format(prefix="needing_"), HOLDER.format(prefix="giving_")
NEEDING_TEAM = f"""
    (select holder.team_id from objective holder
     where holder.organization_id = {{row}}.organization_id and holder.id = {NEEDING_OBJECTIVE})
"""


def edges_beneath(parents: str, *, through: str = "true") -> str:
    """Return a query for the alignments beneath objectives, with the objective as `serves`.

    `parents` is a condition such as `= any($2::uuid[])` or `= above.id`; `through` is one on the key results
    that alignments may lead through, as `through`.
    """
    return f"""
        select edge.*, edge.parent_objective_id as serves
        from alignment edge
        where edge.organization_id = $1 and edge.parent_objective_id {parents}
        union all
        select edge.*, through.objective_id
        from key_result through
        join alignment edge on edge.organization_id = $1 and edge.parent_key_result_id = through.id
        where through.organization_id = $1 and through.objective_id {parents} and {through}
    """


# Join for the objectives beneath `{parents}`, as `{row}`; each once, also when it serves twice.
CHILDREN = f"""
    join (
        select distinct edge.child_id, edge.serves from ({edges_beneath("= any({parents}::uuid[])")}) edge
    ) served on served.child_id = {{row}}.id
"""
# Join for the objectives that are aligned to the key results `{parents}`, as `{row}`.
ALIGNED = """
    join alignment edge on edge.organization_id = $1 and edge.child_id = {row}.id
        and edge.parent_key_result_id = any({parents}::uuid[])
"""
# Join for all objectives above `{parents}`, as `{row}`: each once, with its shortest `distance`.
ANCESTORS = f"""
    join (
        with recursive above(descendant, id, distance) as (
            select started, started, 0 from unnest({{parents}}::uuid[]) started
            union
            select above.descendant, {PARENT_OBJECTIVE.format(edge="edge")}, above.distance + 1
            from above
            join alignment edge on edge.organization_id = $1 and edge.child_id = above.id
        )
        select descendant, id, min(distance) as distance from above where distance > 0 group by 1, 2
    ) above on above.id = {{row}}.id
"""
