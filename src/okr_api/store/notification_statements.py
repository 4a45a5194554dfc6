"""SQL of whom changes tell: people who are named, in the thread of a comment, or follow what is changed.

`okr/notification.py` has the rule for one change; what is here finds its candidates, for many changes at
once. Who follows is as of the change itself: it is asked in its transaction, after it was saved.
"""

from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.told_entities import DISCUSSED_PARTS

from .discussed_nodes import OBJECTIVE_OF_COMMENT
from .followers import SEES, followers_of

# What a notification is about, as `about_id` in a row: a draft of a check-in, a key result or an objective,
# and the objective whose visibility it shares, the `holder`. Each is looked up by its key for each row.
OF_DRAFT = """
    left join lateral (
        select * from check_in_draft where organization_id = $1 and id = {row}.about_id offset 0
    ) draft on true
"""
OF_NODE = """
    left join lateral (
        select id, objective_id from key_result
        where organization_id = $1 and id = {key_result} offset 0
    ) part on true
    left join lateral (
        select * from objective where organization_id = $1 and id = {objective} offset 0
    ) holder on true
"""
ABOUT = OF_DRAFT + OF_NODE.format(
    key_result="coalesce(draft.key_result_id, {row}.about_id)",
    objective="coalesce(part.objective_id, draft.objective_id, {row}.about_id)",
)
ABOUT_NODE = OF_NODE.format(
    key_result="candidate.about_id", objective="coalesce(part.objective_id, candidate.about_id)"
)
# That the viewer sees what a row joined with `ABOUT` is about.
SEEN = """
    (holder.id is null or ({visible:holder} and (draft.id is null or not {of_others:draft})))
"""
# Ids of what a comment's part, such as a lesson, belongs to, and of the people who see to it.
HELD_BY = " union all ".join(
    f"""
    (select coalesce({", ".join(part.holders)}) as id from {part.table}
    where remark.{part.column} is not null and organization_id = $1 and id = remark.{part.column} offset 0)
    """
    for part in DISCUSSED_PARTS
)
SEEN_TO_BY = " union all ".join(
    f"""
    (select unnest(array[{", ".join(part.people)}]) from {part.table}
    where remark.{part.column} is not null and organization_id = $1 and id = remark.{part.column} offset 0)
    """
    for part in DISCUSSED_PARTS
    if part.people
)
# Changes that followers are told of, each with its `own` node and all `nodes` that it is of.
ASKED = """
    asked as materialized (
        select * from json_to_recordset($2::json)
            asked(seq bigint, own uuid, nodes uuid[], is_comment boolean, author uuid)
    )
"""
# The comments among them. A comment is always of the objective by which it is hidden, whatever it is on.
REMARKS = f"""
    remark as materialized (
        select asked.seq, asked.own, said.organization_id, said.parent_id as answered,
            {", ".join(f"said.{column}" for column in DISCUSSED.values())}
        from asked cross join lateral (
            select * from comment where organization_id = $1 and id = asked.own offset 0
        ) said
        where asked.is_comment
    )
"""
NODES = "select seq, own, unnest(nodes) as id from asked"
NODES_OF_REMARKS = f"""
    union
    select remark.seq, remark.own, held.id
    from remark cross join lateral (
        {HELD_BY} union all select {OBJECTIVE_OF_COMMENT.format(row="remark")}
    ) held
    where held.id is not null
"""
# What these changes are about: key results, objectives and teams. An objective that a change is of only
# because of its key results is not about itself: who has unfollowed the key result is not told.
PLACES = """
    held as materialized (
        select node.seq, part.id as key_result, part.objective_id as objective
        from node cross join lateral (
            select id, objective_id from key_result
            where organization_id = $1 and id = node.id offset 0
        ) part
    ), place as materialized (
        select seq, key_result as leaf, key_result, objective from held
        union all
        select node.seq, whole.id, null::uuid, whole.id
        from node cross join lateral (
            select id from objective where organization_id = $1 and id = node.id offset 0
        ) whole
        where whole.id = node.own
            or not exists (select from held where held.seq = node.seq and held.objective = whole.id)
        union all
        select node.seq, whole.id, null::uuid, null::uuid
        from node cross join lateral (
            select id from team where organization_id = $1 and id = node.id offset 0
        ) whole
    ), reached as materialized (
        select place.seq, place.leaf, one.type, one.id
        from place left join lateral (
            select team_id from objective where organization_id = $1 and id = place.objective offset 0
        ) holder on true
        cross join lateral (values
            ('KEY_RESULT', place.key_result), ('OBJECTIVE', place.objective), ('TEAM', holder.team_id),
            ('TEAM', case when place.objective is null then place.leaf end)
        ) one(type, id)
        where one.id is not null
    )
"""
FOLLOWING = " union ".join(
    followers_of(node_type, are_checked=False).replace(
        "{parents}", f"(select array_agg(distinct id) from reached where type = '{node_type}')"
    )
    for node_type in (NodeType.KEY_RESULT, NodeType.OBJECTIVE, NodeType.TEAM)
)
FOLLOWERS = """
    select reached.seq, 'FOLLOWED_CHANGE' as reason, following.person as person_id, reached.leaf as about_id
    from reached join following on following.node = reached.id
"""
# Who sees to what a comment is on, such as the owner of a lesson, is notified of it like a follower.
OF_REMARKS = f"""
    union all
    select remark.seq, 'FOLLOWED_CHANGE', seeing.person, place.leaf
    from remark cross join lateral ({SEEN_TO_BY}) seeing(person)
    left join place on place.seq = remark.seq
    union all
    select remark.seq, 'REPLY', said.person, place.leaf
    from remark cross join lateral (
        (select author_person_id from comment
        where organization_id = $1 and id = remark.answered and not removed offset 0)
        union all
        (select author_person_id from comment
        where organization_id = $1 and parent_id = remark.answered and not removed offset 0)
    ) said(person)
    left join place on place.seq = remark.seq
"""
NAMED = """
    union all
    select named.seq, named.reason, named.person_id, coalesce(named.about_id, place.leaf)
    from json_to_recordset($3::json) named(seq bigint, reason text, person_id uuid, about_id uuid)
    left join place on place.seq = named.seq and named.reason = 'MENTION'
"""
# The candidates of each change, each once for each reason: active people who see what it is about, and who
# have not switched the reason off. One who follows it in several ways has unfollowed it only in all of them.
SELECT = f"""
    select distinct on (candidate.seq, candidate.person_id, candidate.reason)
        candidate.*, ended.has_unfollowed,
        not candidate.reason = any(person.notifications_daily) as is_immediate
    from candidate
    cross join lateral (
        select * from person where organization_id = $1 and id = candidate.person_id and active offset 0
    ) person
    {{about}}
    cross join lateral (
        select exists (
            select from follow
            where organization_id = $1 and person_id = candidate.person_id and not is_following
                and coalesce(key_result_id, objective_id, team_id) = candidate.about_id
        ) as has_unfollowed
    ) ended
    where (holder.id is null or {SEES}) and not candidate.reason = any(person.notifications_off)
    order by candidate.seq, candidate.person_id, candidate.reason, ended.has_unfollowed, candidate.about_id
"""
TOLD = f"""
    with {ASKED}, {REMARKS}, node as materialized ({NODES} {NODES_OF_REMARKS}), {PLACES},
        following as materialized ({FOLLOWING}), candidate as ({FOLLOWERS} {OF_REMARKS} {NAMED})
    {SELECT.format(about=ABOUT.format(row="candidate"))}
"""
# Record whom changes tell that are no comments, name nobody and edit nothing that says who follows: as
# `notifications_of` has it where following is the only reason.
NOTIFY_FOLLOWERS = f"""
    insert into notification (organization_id, person_id, seq, reason, about_id, is_immediate)
    with {ASKED}, node as materialized ({NODES}), {PLACES},
        following as materialized ({FOLLOWING}), candidate as ({FOLLOWERS})
    select $1, told.person_id, told.seq, told.reason, told.about_id, told.is_immediate
    from ({SELECT.format(about=ABOUT_NODE)}) told join asked on asked.seq = told.seq
    where not told.has_unfollowed and told.person_id is distinct from asked.author
"""
