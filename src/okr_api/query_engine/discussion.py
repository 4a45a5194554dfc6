"""What is said on nodes: numbers of comments, reactions by emoji, and whether the viewer follows them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.reaction import REACTED
from okr_api.store.discussed_nodes import COMMENTS
from okr_api.store.followers import followers_of

from .snapshot import Snapshot

MAX_EMOJI_SHOWN = 50  # of a node: those that most people have reacted with
MAX_REACTION_PEOPLE = 20  # of an emoji: the first who have reacted with it
Load = Callable[[Snapshot, Sequence[Any]], Awaitable[Mapping[Any, Any]]]

COUNTED = """
    select remark.{column} as node, count(*) as counted from {comments} remark
    where remark.organization_id = $1 and remark.{column} = any($2::uuid[])
    group by remark.{column}
"""
FELT = """
    select * from (
        select felt.{column} as node, felt.emoji, count(*) as count,
            (array_agg(felt.person_id order by felt.id))[:{people}] as person_ids,
            coalesce(bool_or(felt.person_id = $3::uuid), false) as viewer_has_reacted,
            row_number() over (
                partition by felt.{column}
                order by count(*) desc, (array_agg(felt.id order by felt.id))[1]) as place
        from reaction felt
        where felt.organization_id = $1 and felt.{column} = any($2::uuid[]) and not felt.removed
        group by felt.{column}, felt.emoji
    ) found
    where place <= {emoji}
    order by node, place
"""
FOLLOWED_BY = "select followed.node from ({followers}) followed where followed.person = $3::uuid"


def comment_counts(node_type: NodeType) -> Load:
    """Return a loader of the numbers of comments on nodes of a type, replies included."""
    statement = COUNTED.format(column=DISCUSSED[node_type], comments=COMMENTS)

    async def load(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, int]:
        await snapshot.begin()
        rows = await snapshot.fetch(statement, list(dict.fromkeys(ids)))
        return {row["node"]: row["counted"] for row in rows}

    return load


def reaction_counts(node_type: NodeType) -> Load:
    """Return a loader of the reactions to nodes of a type, by emoji, the most frequent first."""
    statement = FELT.format(column=REACTED[node_type], people=MAX_REACTION_PEOPLE, emoji=MAX_EMOJI_SHOWN)

    async def load(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, list[Any]]:
        await snapshot.begin()
        found: dict[Any, list[Any]] = {id: [] for id in ids}
        for row in await snapshot.fetch(statement, list(found), _viewer(snapshot)):
            found[row["node"]].append(row)
        return found

    return load


def followed_by_viewer(node_type: NodeType) -> Load:
    """Return a loader that says of the nodes of a type which the viewer follows; none for a service."""
    statement = FOLLOWED_BY.format(followers=followers_of(node_type).replace("{parents}", "$2"))

    async def load(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, bool]:
        viewer = _viewer(snapshot)
        if viewer is None:
            return {}
        await snapshot.begin()
        rows = await snapshot.fetch(statement, list(dict.fromkeys(ids)), viewer)
        return {row["node"]: True for row in rows}

    return load


def _viewer(snapshot: Snapshot) -> str | None:
    """Return the id of the person who reads, or None for a service."""
    assert snapshot.principal is not None, "nobody in particular reads"
    person = snapshot.principal.person_id
    return person.hex if person else None
