"""Demo discussion: a thread with a reply and a mention, reactions, who follows what; what was read before."""

import re
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.entity import NodeType
from okr_api.okr.mentions import mention_of
from okr_api.services.comments import add_comment
from okr_api.services.follows import choose_to_follow
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.notifications import mark_read
from okr_api.services.reactions import add_reaction
from okr_api.services.references import Ref
from okr_api.store.entity_lookup import ids_by_external_id
from okr_api.store.unit_of_work import Work

from .company import PEOPLE
from .steps import Step, ref_to

FORM = Ref(external_id="booked-in-a-minute", node_type=NodeType.OBJECTIVE)
CALLS = Ref(external_id="calls-to-the-desk", node_type=NodeType.KEY_RESULT)
QUESTION, ANSWER, PRAISE = "what-of-groups", "groups-call-for-now", "fewer-calls-each-week"
TO_ANSWER = Ref(external_id=ANSWER, node_type=NodeType.COMMENT)
NAMED = re.compile(r"@(\w+)")


async def say(work: Work, actor: Actor, *, text: str, **inputs: Any) -> MutationResult:
    """Add a comment; `@key` in its text mentions the person with that key."""
    keys = NAMED.findall(text)
    ids = await ids_by_external_id(work.connection, work.organization.id, "person", keys)
    names = {someone.key: someone.name for someone in PEOPLE}
    text = NAMED.sub(lambda found: mention_of(names[found[1]], ids[found[1]]), text)
    return await add_comment(work, actor, text=text, **inputs)


async def read_all(work: Work, actor: Actor) -> MutationResult:
    """Mark everything that the actor was notified of until now as read."""
    return await mark_read(work, actor, up_to=work.seq, seqs=None)


def discussion_steps() -> list[Step]:
    """Return the steps that mark earlier notifications as read, and add comments, reactions and follows."""
    return [
        *(Step(f"read {someone.key}", someone.key, read_all) for someone in PEOPLE),
        _comment(
            QUESTION,
            "luca",
            FORM,
            "Does the form take groups of more than ten? @mei, the desk asks me daily.",
        ),
        _comment(
            ANSWER,
            "mei",
            FORM,
            "Not yet. Until it does, groups *call*, and we count them.",
            reply_to=QUESTION,
        ),
        _comment(PRAISE, "priya", CALLS, "Fewer each week since the timetable is read out first."),
        _reaction("luca", TO_ANSWER, "👍"),
        _reaction("priya", TO_ANSWER, "👍"),
        _reaction("luca", CALLS, "🎉"),
        _choice("amara", Ref(external_id="digital", node_type=NodeType.TEAM), is_following=True),
        _choice("mei", CALLS, is_following=False),
    ]


def _comment(key: str, by: str, on: Ref, text: str, reply_to: str | None = None) -> Step:
    inputs = {"on": on, "text": text, "reply_to": ref_to(reply_to), "external_id": key}
    return Step(f"comment {key}", by, say, inputs)


def _reaction(by: str, on: Ref, emoji: str) -> Step:
    key = f"{by}-on-{on.external_id}"
    return Step(f"reaction {key}", by, add_reaction, {"on": on, "emoji": emoji, "external_id": key})


def _choice(by: str, on: Ref, *, is_following: bool) -> Step:
    key = f"{by}-follows-{on.external_id}" if is_following else f"{by}-leaves-{on.external_id}"
    inputs = {"on": on, "is_following": is_following, "external_id": key}
    return Step(f"follow {key}", by, choose_to_follow, inputs)
