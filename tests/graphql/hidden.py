"""Entities hidden from tokens without WRITE, as unpublished, or from all but Ann, as restricted."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import decode_id
from tests.acme import Acme
from tests.serving import Client

QUARTER = {"cycle": {"externalId": "quarter"}}
DRAFTS = ("draft", "dropped_draft")
CHECK_INS = "check_ins"
SECRET = {"externalId": "secret"}


@dataclass(frozen=True)
class Hidden:
    """A hidden entity with its global id and its external id."""

    node_type: NodeType
    id: str
    external_id: str

    @property
    def is_restricted(self) -> bool:
        """Return whether tokens with WRITE do not see it either."""
        return self.external_id.startswith("secret")

    @property
    def uuid(self) -> UUID:
        """Return the id in the database."""
        decoded = decode_id(self.id)
        assert decoded is not None
        return decoded[1]


async def hide(client: Client) -> list[Hidden]:
    """Create two drafts, each with a key result measured before under another objective; drop one draft."""
    hidden: list[Hidden] = []
    for name in DRAFTS:
        objective = await client.make(
            "objectiveCreate", **QUARTER, title=f"Title of {name}", draft=True, externalId=name
        )
        hidden.append(Hidden(NodeType.OBJECTIVE, objective, name))
        hidden += await _measured(client, name)
        remark = {"on": {"objective": {"externalId": name}}, "text": f"Title of {name}?"}
        made = await client.make("commentCreate", **remark, externalId=f"{name}_remark")
        hidden.append(Hidden(NodeType.COMMENT, made, f"{name}_remark"))
    await client.do("objectiveDrop", objective={"externalId": "dropped_draft"}, reason="Never mind")
    return hidden


async def _measured(client: Client, objective: str) -> list[Hidden]:
    """Add a key result with a check-in that stands, one that was corrected, and the correction; return all."""
    key_result = f"{objective}_key_result"
    made = await client.make(
        "keyResultCreate",
        objective={"externalId": "never_down"},
        title=f"Title of {key_result}",
        measure="INCREASE",
        targetValue=10,
        externalId=key_result,
    )
    found = [Hidden(NodeType.KEY_RESULT, made, key_result)]
    for name in ("first", "standing"):
        check_in = await client.make(
            "checkInRecord", keyResult={"externalId": key_result}, value=1, externalId=f"{objective}_{name}"
        )
        found.append(Hidden(NodeType.CHECK_IN, check_in, f"{objective}_{name}"))
    corrected = await client.make(
        "checkInRecord", supersedes={"id": found[1].id}, value=2, externalId=f"{objective}_correction"
    )
    found.append(Hidden(NodeType.CHECK_IN, corrected, f"{objective}_correction"))
    await client.do(
        "keyResultMove", keyResult={"externalId": key_result}, objective={"externalId": objective}
    )
    return found


async def restrict_records(client: Client, acme: Acme) -> list[Hidden]:
    """Create a published objective and a record of each kind that belongs to one; let only Ann see them.

    The cycle is in review meanwhile, as far as the review needs it.
    """
    key_result = {"keyResult": {"externalId": "secret_key_result"}}
    person, team = {"externalId": "ann"}, {"externalId": "support"}
    measured = {"objective": SECRET, "title": "Secret", "measure": "INCREASE", "targetValue": 10}
    review = {"objective": SECRET, "decision": "KEEP", "decisionReason": "Secret", "rootCause": "OTHER"}
    made: tuple[tuple[NodeType, str, dict[str, Any]], ...] = (
        (NodeType.OBJECTIVE, "objectiveCreate", {**QUARTER, "title": "Secret"}),
        (NodeType.KEY_RESULT, "keyResultCreate", measured),
        (NodeType.CHECK_IN, "checkInRecord", {**key_result, "value": 1}),
        (NodeType.COMMENT, "commentCreate", {"on": key_result, "text": "Secret"}),
        (NodeType.CHECK_IN_DRAFT, "checkInDraftCreate", {"for": key_result, "assignee": person, "value": 3}),
        (NodeType.INITIATIVE, "initiativeCreate", {"for": key_result, "title": "Secret"}),
        (NodeType.DEPENDENCY, "dependencyCreate", {"needing": key_result, "givingTeam": team, "description": "Secret"}),
        (NodeType.ROADBLOCK, "roadblockCreate", {"on": key_result, "title": "Secret"}),
        (NodeType.DECISION, "decisionCreate", {"about": key_result, "text": "Secret"}),
        (NodeType.EXPERIMENT, "experimentCreate", {**key_result, "hypothesis": "Secret"}),
        (NodeType.LESSON, "lessonCreate", {"source": key_result, "title": "Secret"}),
        (NodeType.REVIEW_RECORD, "reviewRecord", review),
    )  # fmt: skip
    state, hidden = "update cycle set state = $2 where id = $1", []
    for node_type, mutation, input in made:
        if node_type is NodeType.REVIEW_RECORD:
            await acme.fetch(state, acme.quarter, "REVIEW")
        name = "secret" if node_type is NodeType.OBJECTIVE else f"secret_{node_type.lower()}"
        hidden.append(Hidden(node_type, await client.make(mutation, **input, externalId=name), name))
    await acme.fetch(state, acme.quarter, "ACTIVE")
    await client.do("objectiveUpdate", objective=SECRET, visibility="PRIVATE", sharedWith=[person])
    return hidden
