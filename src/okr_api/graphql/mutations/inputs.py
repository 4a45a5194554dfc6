"""Base inputs of mutations, and helpers that read references and edits from an input."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

import orjson
import strawberry
from strawberry.types.unset import UnsetType

from okr_api.okr.change import NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.global_ids import decode_id, id_of_type
from okr_api.services.mutation_runner import IdempotencyKey
from okr_api.services.references import Ref


def given(description: str, **more: Any) -> Any:
    """Declare a required input field."""
    return strawberry.field(description=description, **more)


def perhaps(description: str, **more: Any) -> Any:
    """Declare an optional input field; null means the same as leaving it out."""
    return strawberry.field(default=None, description=description, **more)


def unchanged(description: str, **more: Any) -> Any:
    """Declare an optional field of an update: leaving it out keeps the value, null removes it if allowed."""
    return strawberry.field(default=strawberry.UNSET, description=description, **more)


@strawberry.input
class Retryable:
    """Base of all mutation inputs: the idempotency key."""

    idempotency_key: str | None = perhaps(
        "Makes a retry safe: a second call with the same key and input returns the first result "
        "and applies nothing. 1 to 200 characters, kept for 7 days. The same key with other "
        "input is rejected with IDEMPOTENCY_MISMATCH."
    )


@strawberry.input
class Naming(Retryable):
    """Base of inputs that name an existing entity by id or external id."""

    id: strawberry.ID | None = perhaps("Id of the entity; give either this or `externalId`.")
    external_id: str | None = perhaps("External id of the entity; give either this or `id`.")
    expected_version: int | None = perhaps(
        "Reject with VERSION_CONFLICT if the current `version` is not this one. Without it, the "
        "last write wins."
    )


def once_of(mutation: str, input: Retryable) -> IdempotencyKey | None:
    """Return the idempotency key with the hash of the mutation's input, or None without a key."""
    if input.idempotency_key is None:
        return None

    def hash_of(whole: bool) -> bytes:
        text = orjson.dumps([mutation, plain(input, whole=whole)], option=orjson.OPT_SORT_KEYS, default=str)
        return hashlib.sha256(text).digest()

    return IdempotencyKey(input.idempotency_key, hash_of(whole=False), lambda: hash_of(whole=True))


def plain(value: Any, *, whole: bool = False) -> Any:
    """Return an input as mappings and lists, without its key and without fields at their default.

    A field added by a later release therefore leaves the hash of older inputs unchanged. `whole` keeps the
    defaults, as the records of former releases did.
    """
    if isinstance(value, list):
        return [plain(one, whole=whole) for one in value]
    kind: Any = type(value)
    defaults = _defaults(kind)
    if defaults is None:
        return value
    found = [(name, getattr(value, name), default) for name, default in defaults]
    return {
        name: plain(one, whole=whole)
        for name, one, default in found
        if not isinstance(one, UnsetType) and (whole or one != default)
    }


@lru_cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...] | None:
    """Return the fields of an input except its key, each with its default; None if `kind` is no input."""
    if not is_dataclass(kind):
        return None
    return tuple((field.name, field.default) for field in fields(kind) if field.name != "idempotency_key")


def edits_of(input: Any, *names: str, **renamed: str) -> dict[str, Any]:
    """Return the fields given in an update by name; `renamed` maps input names to names in the result."""
    found: dict[str, Any] = {}
    for name, ours in [*((name, name) for name in names), *renamed.items()]:
        value = getattr(input, name)
        if not isinstance(value, UnsetType):
            found[ours] = value
    return found


def demand(edits: Mapping[str, Any], *names: str) -> None:
    """Check that none of the named fields is set to null.

    Raises:
        InvalidInput: one of them is null.
    """
    for name in names:
        if name in edits and edits[name] is None:
            raise InvalidInput(f"{camel(name)} cannot be null", path=[camel(name)])


def camel(name: str) -> str:
    """Return the name in camelCase, as clients write it."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def ref(input: Any, name: str, node_type: NodeType) -> Ref | None:
    """Return the reference in `nameId` or `nameExternalId`; None if neither is given.

    Raises:
        InvalidInput: both are given.
        NotFound: the id is of another type of entity.
    """
    prefix = f"{name}_" if name else ""
    id, external_id = getattr(input, f"{prefix}id"), getattr(input, f"{prefix}external_id", None)
    id = None if isinstance(id, UnsetType) else id
    external_id = None if isinstance(external_id, UnsetType) else external_id
    path = (camel(f"{prefix}id"),)
    if id is not None and external_id is not None:
        raise InvalidInput(f"Give {path[0]} or {camel(f'{prefix}external_id')}, not both", path=path)
    if external_id is not None:
        return Ref(external_id=external_id, path=(camel(f"{prefix}external_id"),))
    return None if id is None else by_id(id, node_type, path)


def by_id(id: str, node_type: NodeType, path: tuple[str | int, ...]) -> Ref:
    """Return the reference in a global id.

    Raises:
        NotFound: the id is of another type of entity.
    """
    decoded = id_of_type(id, node_type)
    if decoded is None:
        raise Ref(path=path).not_found(node_type.value.replace("_", " ").lower())
    return Ref(id=decoded, path=path)


def needed(input: Any, name: str, node_type: NodeType) -> Ref:
    """Return the reference in a required `nameId` or `nameExternalId`.

    Raises:
        InvalidInput: neither or both are given.
        NotFound: the id is of another type of entity.
    """
    found = ref(input, name, node_type)
    if found is None:
        field = camel(f"{name}_id" if name else "id")
        raise InvalidInput(f"{field} or its external id is needed", path=[field])
    return found


def edited_ref(edits: dict[str, Any], input: Any, name: str, node_type: NodeType) -> None:
    """Add the reference of an update to `edits`: null sets None, an omitted one adds nothing."""
    values = [getattr(input, f"{name}_id"), getattr(input, f"{name}_external_id")]
    if not all(isinstance(value, UnsetType) for value in values):
        edits[name] = ref(input, name, node_type)


def parent_ref(input: Any) -> Ref | None:
    """Return the reference to a parent, an objective or a key result; None if none is given.

    Raises:
        InvalidInput: both `parentId` and `parentExternalId` are given.
        NotFound: the id is of another type of entity.
    """
    id, external_id = input.parent_id, input.parent_external_id
    if id is not None and external_id is not None:
        raise InvalidInput("Give parentId or parentExternalId, not both", path=["parentId"])
    if external_id is not None:
        return Ref(external_id=external_id, path=("parentExternalId",))
    if id is None:
        return None
    decoded = decode_id(id)
    if decoded is None or decoded[0] not in (NodeType.OBJECTIVE, NodeType.KEY_RESULT):
        raise Ref(path=("parentId",)).not_found("objective or key result")
    return Ref(id=decoded[1], path=("parentId",))
