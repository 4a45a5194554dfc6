"""Global ids: opaque to clients, typed for us, the same for an entity for ever.

Where things are read an id is its 32 hexadecimal digits: half of its global id already.
"""

from collections.abc import Mapping
from typing import Any
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
TOKEN_ID_START = "tok"  # noqa: S105  of ids; a token is no node, as admins alone read it
HEX_DIGITS = 32


def digits_of(id: UUID | str) -> str:
    """An id as it is where things are read."""
    return id.hex if isinstance(id, UUID) else id.replace("-", "")


def encode_id(node_type: NodeType | str, id: UUID | str) -> str:
    """The global id of an entity."""
    return f"{PREFIXES[NodeType(node_type)]}_{digits_of(id)}"


def as_read(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row from elsewhere as the readers' connections would give it: ids as digits, also those in lists."""
    return {
        name: value.hex
        if isinstance(value, UUID)
        else [one.hex if isinstance(one, UUID) else one for one in value]
        if isinstance(value, list | tuple)
        else value
        for name, value in row.items()
    }


def decode_id(text: str) -> tuple[NodeType, UUID] | None:
    """The entity that a global id names, or None where it can name none."""
    prefix, _, digits = text.partition("_")
    id = _uuid(digits) if prefix in TYPES else None
    return (TYPES[prefix], id) if id else None


def decode_token_id(text: str) -> UUID | None:
    """Return the token's id in a global id, None where it can name none."""
    prefix, _, digits = text.partition("_")
    return _uuid(digits) if prefix == TOKEN_ID_START else None


def digits_of_type(text: str, node_type: NodeType) -> str | None:
    """The id as it is where things are read, where the text names an entity of that type."""
    prefix, _, digits = text.partition("_")
    id = _bytes(digits) if TYPES.get(prefix) is node_type else None
    return id.hex() if id else None


def _bytes(digits: str) -> bytes | None:
    """The 16 bytes that digits stand for, None where they are no such digits."""
    if len(digits) != HEX_DIGITS:
        return None
    try:
        id = bytes.fromhex(digits)
    except ValueError:
        return None
    return id if len(id) == HEX_DIGITS // 2 else None  # blanks are passed over


def _uuid(digits: str) -> UUID | None:
    id = _bytes(digits)
    return UUID(bytes=id) if id else None


def id_of_type(text: str, node_type: NodeType) -> UUID | None:
    """The id, where the text names an entity of that type."""
    decoded = decode_id(text)
    return decoded[1] if decoded and decoded[0] is node_type else None
