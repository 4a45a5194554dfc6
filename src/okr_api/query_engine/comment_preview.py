"""Preview of a comment: who would be notified of it and why, and which mentions reach nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from okr_api.okr.comment import DISCUSSED, check_answered
from okr_api.okr.comment_recipients import Recipients, recipients_of
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import NotFound
from okr_api.okr.mentions import mentioned_ids, mentions_in
from okr_api.okr.told_entities import DISCUSSED_PARTS, DiscussedPart
from okr_api.store.discussed_nodes import COMMENTS, OBJECTIVE_OF_COMMENT
from okr_api.store.followers import SEES, followers_of

from .snapshot import Snapshot
from .visible_statements import fetch_visible

MAX_RECIPIENTS_SHOWN = 100

NO_PEOPLE = "null::uuid[] as people"


def _part(part: DiscussedPart) -> str:
    """Return a query like those of `NODES` for what belongs to an objective or a key result."""
    own = "said.objective_id" if "objective_id" in part.holders else "null"
    people = f"array[{', '.join(f'said.{name}' for name in part.people)}] as people"
    of_part = "said.key_result_id" if "key_result_id" in part.holders else "null"
    return f"""
        select said.id, said.external_id, coalesce({own}, part.objective_id) as objective_id,
            part.id as key_result_id, {people if part.people else NO_PEOPLE}
        from {part.table} said
        left join key_result part on part.organization_id = $1 and part.id = {of_part}
        where said.organization_id = $1 {"and not said.removed" if part.is_removable else ""}
    """


# What is discussed, with its objective and its key result, if it is or belongs to one, and with the people
# who see to it themselves. A decision about nothing has no objective.
NODES = {
    NodeType.OBJECTIVE: f"""
        select id, external_id, id as objective_id, null::uuid as key_result_id, {NO_PEOPLE} from objective
        where organization_id = $1
    """,
    NodeType.KEY_RESULT: f"""
        select id, external_id, objective_id, id as key_result_id, {NO_PEOPLE} from key_result
        where organization_id = $1
    """,
    **{part.node_type: _part(part) for part in DISCUSSED_PARTS},
}
FOUND = """
    select node.id, node.objective_id, node.key_result_id, holder.team_id, node.people from ({nodes}) node
    left join objective holder on holder.id = node.objective_id and {{visible:holder}}
    where node.{named} = $2 and (node.objective_id is null or holder.id is not null)
"""
# Followers of the key result $2, of its objective $3 and of the team $4 of that; each once.
FOLLOWING = " union ".join(
    f"select person from ({followers_of(node_type).replace('{parents}', f'array[${place}]')}) followed"
    for place, node_type in enumerate((NodeType.KEY_RESULT, NodeType.OBJECTIVE, NodeType.TEAM), start=2)
)
UNFOLLOWING = """
    select person_id from follow
    where organization_id = $1 and not is_following
        and ($2::uuid is not null and key_result_id = $2 or $2::uuid is null and objective_id = $3::uuid)
"""
THREAD = f"""
    select distinct remark.author_person_id as person from {COMMENTS} remark
    where remark.organization_id = $1 and $2::uuid in (remark.id, remark.parent_id)
        and remark.author_person_id is not null
    order by 1
"""
# The comment that is replied to, if the viewer sees it: whether it is on the node $3, and a reply itself.
ANSWERED = f"""
    select remark.id, remark.parent_id is not null as is_reply,
        coalesce({", ".join(f"remark.{column}" for column in DISCUSSED.values())}) = $3::uuid as is_here
    from {COMMENTS} remark
    left join objective holder on holder.organization_id = remark.organization_id
        and holder.id = {OBJECTIVE_OF_COMMENT.format(row="remark")}
    where remark.organization_id = $1 and remark.{{named}} = $2
        and (holder.id is null or {{{{visible:holder}}}})
"""
SEEING = f"""
    select person.id from person
    left join objective holder on holder.organization_id = $1 and holder.id = $3::uuid
    where person.organization_id = $1 and person.id = any($2::uuid[]) and person.active
        and ($3::uuid is null or {SEES})
"""
KNOWN = "select id from person where organization_id = $1 and id = any($2::uuid[])"


@dataclass(frozen=True, slots=True)
class Named:
    """An entity that an input names, by id or external id, at a path in it."""

    node_type: NodeType
    id: UUID | None
    external_id: str | None
    path: Sequence[str | int] = ()

    @property
    def column(self) -> str:
        """Return the column that has the name."""
        return "id" if self.id else "external_id"

    @property
    def value(self) -> UUID | str | None:
        """Return the name."""
        return self.id or self.external_id


async def preview_comment(
    snapshot: Snapshot, on: Named, reply_to: Named | None, text: str
) -> Mapping[str, Any] | None:
    """Return the row of the preview; None if the viewer does not see what the comment is on.

    Raises:
        NotFound: the viewer sees no such comment to reply to.
        ReplyToReply: it is a reply itself.
        InvalidInput: it is on something else.
    """
    await snapshot.begin()
    nodes = FOUND.format(nodes=NODES[on.node_type], named=on.column)
    rows = await fetch_visible(snapshot, nodes, on.value)
    if not rows:
        return None
    mentioned = [id.hex for id in mentioned_ids(text)]
    known = {row["id"] for row in await snapshot.fetch(KNOWN, mentioned)}
    written = [said for said, id in mentions_in(text) if id is None or id.hex not in known]
    found = await _recipients(snapshot, rows[0], reply_to, [id for id in mentioned if id in known])
    told = list(found.told.items())
    return {
        "notified": [
            {"person_id": person.hex, "reason": str(reason)} for person, reason in told[:MAX_RECIPIENTS_SHOWN]
        ],
        "notified_count": len(told),
        "unseeing_ids": [person.hex for person in found.unseeing],
        "unknown_mentions": list(dict.fromkeys(written)),
    }


async def _recipients(
    snapshot: Snapshot, node: Mapping[str, Any], reply_to: Named | None, mentioned: Sequence[str]
) -> Recipients:
    """Return who is notified of a comment on a node, by the rule in `okr/comment_recipients.py`."""
    key_result, objective = node["key_result_id"], node["objective_id"]
    places = (key_result, objective, node["team_id"])
    following = {row["person"] for row in await snapshot.fetch(FOLLOWING, *places)}
    following.update(person for person in node["people"] or () if person)
    unfollowing = {row["person_id"] for row in await snapshot.fetch(UNFOLLOWING, key_result, objective)}
    thread = await _thread(snapshot, node["id"], reply_to) if reply_to else []
    people = list(dict.fromkeys((*mentioned, *thread, *sorted(following))))
    seeing = {row["id"] for row in await snapshot.fetch(SEEING, people, objective)}
    assert snapshot.principal is not None, "nobody in particular reads"
    return recipients_of(
        author_id=snapshot.principal.person_id,
        mentioned=[UUID(id) for id in mentioned],
        thread=[UUID(id) for id in thread],
        followers=[UUID(id) for id in sorted(following)],
        unfollowers={UUID(id) for id in unfollowing},
        sees=lambda id: id.hex in seeing,
    )


async def _thread(snapshot: Snapshot, node_id: str, reply_to: Named) -> list[str]:
    """Return the people who have written in the thread of a comment on a node."""
    rows = await fetch_visible(snapshot, ANSWERED.format(named=reply_to.column), reply_to.value, node_id)
    if not rows:
        raise NotFound("There is no such comment", path=reply_to.path)
    check_answered(is_here=rows[0]["is_here"], is_reply=rows[0]["is_reply"], path=reply_to.path)
    return [row["person"] for row in await snapshot.fetch(THREAD, rows[0]["id"])]
