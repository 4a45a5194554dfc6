"""Global ids: opaque to clients, typed for us, the same for an entity for ever."""

from uuid import UUID

from okr_api.okr.change import NodeType

PREFIXES = {
    NodeType.ORGANIZATION: "org",
    NodeType.PERSON: "per",
    NodeType.TEAM: "tea",
    NodeType.CYCLE: "cyc",
    NodeType.OBJECTIVE: "obj",
    NodeType.KEY_RESULT: "key",
    NodeType.CHECK_IN: "chk",
}
TYPES = {prefix: node_type for node_type, prefix in PREFIXES.items()}
HEX_DIGITS = 32


def encode_id(node_type: NodeType | str, id: UUID | str) -> str:
    """The global id of an entity."""
    return f"{PREFIXES[NodeType(node_type)]}_{str(id).replace('-', '')}"


def decode_id(text: str) -> tuple[NodeType, UUID] | None:
    """The entity that a global id names, or None where it can name none."""
    prefix, _, digits = text.partition("_")
    if prefix not in TYPES or len(digits) != HEX_DIGITS:
        return None
    try:
        return TYPES[prefix], UUID(hex=digits)
    except ValueError:
        return None


def id_of_type(text: str, node_type: NodeType) -> UUID | None:
    """The id, where the text names an entity of that type."""
    decoded = decode_id(text)
    return decoded[1] if decoded and decoded[0] is node_type else None
