"""Entities hidden from tokens without WRITE: a draft, a dropped draft, key results, check-ins and comments."""

from dataclasses import dataclass
from uuid import UUID

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import decode_id
from tests.serving import Client

QUARTER = {"cycle": {"externalId": "quarter"}}
DRAFTS = ("draft", "dropped_draft")
CHECK_INS = "check_ins"


@dataclass(frozen=True)
class Hidden:
    """A hidden entity with its global id and its external id."""

    node_type: NodeType
    id: str
    external_id: str

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
