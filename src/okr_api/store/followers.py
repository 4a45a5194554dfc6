"""SQL of who follows objectives, key results and teams: by their own choice, or automatically.

Automatic followers of an objective are its owner and contributors, of a key result its owner and
`checkInOwner`; of both, who has commented on it and who was mentioned there. Comments on a check-in or a
record, such as a decision, are of what that is on. Nothing is written for them; who has unfollowed is not
among them. Only people who have not left and who see the node follow it.
"""

from okr_api.okr.entity import NodeType
from okr_api.okr.follow import FOLLOWED

from .hidden_rows import UNPUBLISHED_OBJECTIVE

COMMENTED = """
    select remark.about_id as node,
        unnest(array_append(remark.mention_ids, remark.author_person_id)) as person
    from comment remark
    where remark.organization_id = $1 and remark.about_id = any({parents}::uuid[]) and not remark.removed
"""
# `offset 0` has each node looked up by its key, also in a plan that was made while the tables were empty.
OF_OBJECTIVE = """
    select node.id as node, unnest(array_append(node.contributor_ids, node.owner_id)) as person
    from unnest({parents}::uuid[]) wanted(id)
    cross join lateral (select * from objective where organization_id = $1 and id = wanted.id offset 0) node
"""
OF_KEY_RESULT = """
    select node.id as node, unnest(array[node.owner_id, node.check_in_owner_id]) as person
    from unnest({parents}::uuid[]) wanted(id)
    cross join lateral (select * from key_result where organization_id = $1 and id = wanted.id offset 0) node
"""


AUTOMATIC = {
    NodeType.OBJECTIVE: (OF_OBJECTIVE, COMMENTED),
    NodeType.KEY_RESULT: (OF_KEY_RESULT, COMMENTED),
    NodeType.TEAM: (),
}
CHOSEN = """
    select chosen.{column} as node, chosen.person_id as person from follow chosen
    where chosen.organization_id = $1 and chosen.{column} = any({parents}::uuid[]) and chosen.is_following
"""
NOT_UNFOLLOWED = """
    not exists (select from follow ended
                where ended.organization_id = $1 and ended.person_id = found.person
                    and ended.{column} = found.node and not ended.is_following)
"""
# Whether a `person` sees the objective in a `holder`, as `Visibility.shows` has it with their role.
SEES = f"""
    (holder.viewer_ids is null or person.role = 'ADMIN' or person.id = any(holder.viewer_ids))
    and (person.role <> 'VIEWER' or not {UNPUBLISHED_OBJECTIVE.format(row="holder")})
"""
SEEING = {
    NodeType.OBJECTIVE: f"""
        join objective holder on holder.organization_id = $1 and holder.id = found.node and {SEES}
    """,
    NodeType.KEY_RESULT: f"""
        join key_result part on part.organization_id = $1 and part.id = found.node
        join objective holder on holder.organization_id = $1 and holder.id = part.objective_id and {SEES}
    """,
    NodeType.TEAM: "",
}


def followers_of(node_type: NodeType, *, are_checked: bool = True) -> str:
    """Return a query for the followers of the nodes `{parents}` of a type: `node` and `person`, each once.

    Unless they `are_checked`, also people who have left or do not see the node are among them.
    """
    chosen = CHOSEN.replace("{column}", FOLLOWED[node_type])
    found = " union ".join((*AUTOMATIC[node_type], chosen))
    checked = f"""
        join person on person.organization_id = $1 and person.id = found.person and person.active
        {SEEING[node_type]}
    """
    return f"""
        select found.node, found.person from ({found}) found {checked if are_checked else ""}
        where {NOT_UNFOLLOWED.replace("{column}", FOLLOWED[node_type])}
    """
