"""SQL of activities: the positions of the changes of nodes, teams, people and organisations, by indexes."""

from enum import StrEnum

from okr_api.store.meeting_statements import of_meetings

from .change_queries import OF_TYPES


class ActivityScope(StrEnum):
    """What an activity is of."""

    NODE = "NODE"
    TEAM = "TEAM"
    PERSON = "PERSON"
    ORGANIZATION = "ORGANIZATION"

    @property
    def has_direct_changes(self) -> bool:
        """Return whether changes may be of its nodes, or only have moved their numbers."""
        return self in (ActivityScope.NODE, ActivityScope.TEAM)


# The parameters are the ids $2 of what activities are of, the positions $3 and $4 between which each is read,
# both excluded, the number $5 of positions that are listed of each, conditions $6, $7 and $8 and, for nodes,
# $9: whether changes have to be of the node. Of the listed positions those that match are returned.
_MATCHING = f"""
    ($6::text[] is null or kind = any($6)) and {OF_TYPES.replace("$5", "$7")}
    and ($8::uuid[] is null or author_person_id = any($8))
"""
# Meetings of a team, and the decisions of these: hidden ones are left out with their changes.
MEETINGS_OF_TEAM = of_meetings("team_id", "asked.id")


def _range(limit: str, *, down: bool) -> str:
    """Return the condition, order and limit of a listing: downwards from the latest change on."""
    return f"seq > asked.low and seq < asked.high order by seq {'desc' if down else ''} limit {limit}"


def _of_node(node: str, limit: str, *, down: bool) -> str:
    """Return the listing of a node: each of the two parts is one range of the key of `change_node`."""
    parts = (
        f"""(select seq from change_node
            where organization_id = $1 and node_id = {node} and is_direct = {is_direct}
                and $9::boolean is distinct from not {is_direct} and {_range(limit, down=down)})"""
        for is_direct in ("true", "false")
    )
    return f"select seq from ({' union '.join(parts)}) of_node"


def _of_team(*, down: bool) -> str:
    """Return the listing of a team, its objectives that the viewer sees, its meetings and their decisions.

    Only those are read whose own next change is among the first: no others can be on the page.
    """
    first, last, within = ("max", "min", ">=") if down else ("min", "max", "<=")
    return f"""
        select distinct listed.seq from (
            with node(id) as (
                select asked.id
                union all select id from objective where {{visible:objective}} and team_id = asked.id
                union all {MEETINGS_OF_TEAM}
            ), next as (
                select node.id, (
                    select {first}(seq) from ({_of_node("node.id", "1", down=down)}) one
                ) as seq from node
            ), reached as (
                select {last}(seq) as seq from (
                    select distinct seq from next where seq is not null
                    order by seq {"desc" if down else ""} limit $5
                ) soonest
            )
            select next.id from next cross join reached where next.seq {within} reached.seq
        ) near cross join lateral ({_of_node("near.id", "$5", down=down)}) listed
    """


def _statement(scope: ActivityScope, *, down: bool) -> str:
    listing = {
        ActivityScope.NODE: _of_node("asked.id", "$5", down=down),
        ActivityScope.TEAM: _of_team(down=down),
        ActivityScope.PERSON: f"""
            select seq from change
            where organization_id = $1 and author_person_id = asked.id and {_range("$5", down=down)}
        """,
        ActivityScope.ORGANIZATION: f"""
            select seq from change where organization_id = $1 and {_range("$5", down=down)}
        """,
    }[scope]
    direction = "desc" if down else ""
    return f"""
        select asked.id, found.*
        from unnest($2::uuid[], $3::bigint[], $4::bigint[]) asked(id, low, high) cross join lateral (
            with listed as materialized (
                select seq from ({listing}) listing order by seq {direction} limit $5
            )
            select array(
                select listed.seq from listed cross join lateral (
                    select from change where organization_id = $1 and seq = listed.seq and {_MATCHING}
                    offset 0
                ) matching
                order by listed.seq {direction}
            ) as seqs, count(*) as count, {"min" if down else "max"}(seq) as last
            from listed
        ) found
    """


# By what an activity is of, and whether it is read from the latest change on.
STATEMENTS = {
    (scope, down): _statement(scope, down=down) for scope in ActivityScope for down in (True, False)
}
