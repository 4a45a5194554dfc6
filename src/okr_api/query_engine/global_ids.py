"""Global ids: encode and decode ids with a prefix for the type; ids as hex digits; look-up of external ids.

The query engine represents an id by its 32 hexadecimal digits, which its global id contains.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from okr_api.okr.entities import BY_TYPE, ENTITIES
from okr_api.okr.entity import NodeType

if TYPE_CHECKING:  # commands use ids without the query engine
    from .snapshot import Snapshot

PREFIXES = {entity.node_type: entity.prefix for entity in ENTITIES}
TYPES = {prefix: node_type for node_type, prefix in PREFIXES.items()}
TYPE_NAMES = {entity.node_type: entity.type_name for entity in ENTITIES}
TOKEN_ID_START = "tok"  # noqa: S105  a prefix of ids; a token is not a node, as only admins read it
WEBHOOK_ID_START = "whk"  # neither is a webhook
HEX_DIGITS = 32
NAMED = "select id from {table} where organization_id = $1 and external_id = $2"


def digits_of(id: UUID | str) -> str:
    """Return an id as its hex digits."""
    return id.hex if isinstance(id, UUID) else id.replace("-", "")


def node_named(node_type: str, id: UUID | str | None) -> tuple[str, str] | None:
    """Return the name of a node's type and its id; None for a hidden node, whose `id` is None."""
    return None if id is None else (TYPE_NAMES[NodeType(node_type)], digits_of(id))


def row_with_ids(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the read pool as the store's connections read it: with ids as `UUID`, also in lists."""
    return {name: _as_ids(value) if _holds_ids(name) else value for name, value in row.items()}


def _holds_ids(column: str) -> bool:
    return column == "id" or (column.endswith(("_id", "_ids")) and column != "external_id")


def _as_ids(value: Any) -> Any:
    if value is None:
        return None
    return UUID(value) if isinstance(value, str) else [UUID(one) for one in value]


def encode_id(node_type: NodeType | str, id: UUID | str) -> str:
    """Return the global id of an entity."""
    return f"{PREFIXES[NodeType(node_type)]}_{digits_of(id)}"


def decode_id(text: str) -> tuple[NodeType, UUID] | None:
    """Return the type and the id in a global id; None if it is invalid."""
    prefix, _, digits = text.partition("_")
    id = _uuid(digits) if prefix in TYPES else None
    return (TYPES[prefix], id) if id else None


def decode_token_id(text: str) -> UUID | None:
    """Return the id in a token's global id; None if it is invalid."""
    return _decode(text, TOKEN_ID_START)


def decode_webhook_id(text: str) -> UUID | None:
    """Return the id in a webhook's global id; None if it is invalid."""
    return _decode(text, WEBHOOK_ID_START)


def _decode(text: str, wanted: str) -> UUID | None:
    prefix, _, digits = text.partition("_")
    return _uuid(digits) if prefix == wanted else None


def digits_of_type(text: str, node_type: NodeType) -> str | None:
    """Return the hex digits in a global id of that type; None for any other text."""
    prefix, _, digits = text.partition("_")
    id = _bytes(digits) if TYPES.get(prefix) is node_type else None
    return id.hex() if id else None


def _bytes(digits: str) -> bytes | None:
    """Return the 16 bytes of 32 hex digits; None for any other text."""
    if len(digits) != HEX_DIGITS:
        return None
    try:
        id = bytes.fromhex(digits)
    except ValueError:
        return None
    return id if len(id) == HEX_DIGITS // 2 else None  # `fromhex` skips blanks


def _uuid(digits: str) -> UUID | None:
    id = _bytes(digits)
    return UUID(bytes=id) if id else None


def id_of_type(text: str, node_type: NodeType) -> UUID | None:
    """Return the id in a global id of that type; None for any other text."""
    decoded = decode_id(text)
    return decoded[1] if decoded and decoded[0] is node_type else None


async def id_of_argument(snapshot: "Snapshot", node_type: NodeType, name: str, value: str) -> UUID | None:
    """Return the id that an argument gives as a global id or, if it is `…_external_id`, as an external id.

    The entity may be hidden, and one given by a global id may not exist; None for an unknown external id.
    """
    if not name.endswith("external_id"):
        return id_of_type(value, node_type)
    rows = await snapshot.fetch(NAMED.format(table=BY_TYPE[node_type].table), value)
    return UUID(rows[0]["id"]) if rows else None
