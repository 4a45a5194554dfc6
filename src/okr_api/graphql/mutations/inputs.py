"""What inputs have in common, and how they are unpacked."""

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
    """A field of an input that must be there."""
    return strawberry.field(description=description, **more)


def perhaps(description: str, **more: Any) -> Any:
    """A field of an input that may be left out; null is the same as leaving it out."""
    return strawberry.field(default=None, description=description, **more)


def unchanged(description: str, **more: Any) -> Any:
    """A field of an update: left out it stays as it is, null takes the value away where that can be."""
    return strawberry.field(default=strawberry.UNSET, description=description, **more)


@strawberry.input
class Retryable:
    """What every mutation takes."""

    idempotency_key: str | None = perhaps(
        "Makes a retry safe: the same key and input are applied once, and answered again. Kept 7 days."
    )


@strawberry.input
class Naming(Retryable):
    """An existing entity by its id or its external id."""

    id: strawberry.ID | None = perhaps("Which one, by its id.")
    external_id: str | None = perhaps("Which one, by its external id instead.")
    expected_version: int | None = perhaps("Refuse with VERSION_CONFLICT unless it still has this `version`.")


def once_of(mutation: str, input: Retryable) -> IdempotencyKey | None:
    """The key of a mutation with the hash of its input, or None without a key."""
    if input.idempotency_key is None:
        return None

    def hash_of(whole: bool) -> bytes:
        text = orjson.dumps([mutation, plain(input, whole=whole)], option=orjson.OPT_SORT_KEYS, default=str)
        return hashlib.sha256(text).digest()

    return IdempotencyKey(input.idempotency_key, hash_of(whole=False), lambda: hash_of(whole=True))


def plain(value: Any, *, whole: bool = False) -> Any:
    """Return an input as mappings and lists, without its key and without all that has its default value.

    So a field that a later release adds changes nothing of an input that does not give it. `whole` keeps
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
    """Return the fields of an input but its key, each with its default; None for what is no input."""
    if not is_dataclass(kind):
        return None
    return tuple((field.name, field.default) for field in fields(kind) if field.name != "idempotency_key")


def edits_of(input: Any, *names: str, **renamed: str) -> dict[str, Any]:
    """The fields of an update that were given, by name; `renamed` are theirs=ours."""
    found: dict[str, Any] = {}
    for name, ours in [*((name, name) for name in names), *renamed.items()]:
        value = getattr(input, name)
        if not isinstance(value, UnsetType):
            found[ours] = value
    return found


def demand(edits: Mapping[str, Any], *names: str) -> None:
    """Refuses (`InvalidInput`) null for what cannot be taken away."""
    for name in names:
        if name in edits and edits[name] is None:
            raise InvalidInput(f"{camel(name)} cannot be null", path=[camel(name)])


def camel(name: str) -> str:
    """The name as clients write it."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def ref(input: Any, name: str, node_type: NodeType) -> Ref | None:
    """What an input names by `nameId` or `nameExternalId`; None where neither is given.

    *Refuses*: both (`InvalidInput`), and an id of another type of entity (`NotFound`).
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
    """The reference in a global id; refuses (`NotFound`) one of another type."""
    decoded = id_of_type(id, node_type)
    if decoded is None:
        raise Ref(path=path).not_found(node_type.value.replace("_", " ").lower())
    return Ref(id=decoded, path=path)


def needed(input: Any, name: str, node_type: NodeType) -> Ref:
    """What an input must name; refuses (`InvalidInput`) when it does not."""
    found = ref(input, name, node_type)
    if found is None:
        field = camel(f"{name}_id" if name else "id")
        raise InvalidInput(f"{field} or its external id is needed", path=[field])
    return found


def edited_ref(edits: dict[str, Any], input: Any, name: str, node_type: NodeType) -> None:
    """Puts the reference of an update among its edits: null takes it away, left out it stays."""
    values = [getattr(input, f"{name}_id"), getattr(input, f"{name}_external_id")]
    if not all(isinstance(value, UnsetType) for value in values):
        edits[name] = ref(input, name, node_type)


def parent_ref(input: Any) -> Ref | None:
    """A parent that may be an objective or a key result."""
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
