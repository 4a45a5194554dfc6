"""Base inputs of mutations: idempotency key with input hash, version, references; helpers to read them."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import strawberry
from strawberry.types.unset import UnsetType

from okr_api.okr.entity import NodeType
from okr_api.okr.entity_fields import camel
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.global_ids import id_of_type
from okr_api.services.mutation_runner import IdempotencyKey
from okr_api.services.references import Ref

# Metadata of a field that the inputs of the release before hashes without defaults did not have, whatever its
# default, unless that is UNSET.
ADDED_SINCE = {"added_since": True}


def default_was(value: Any) -> dict[str, Any]:
    """Return the metadata of a field that had another default; a hash does not tell the two apart."""
    return {"default_was": value}


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
class Versioned(Retryable):
    """Base of inputs that change an existing entity."""

    expected_version: int | None = perhaps(
        "Reject with VERSION_CONFLICT if the current `version` is not this one. Without it, the "
        "last write wins."
    )


@strawberry.input(one_of=True, description="Reference to an entity: give exactly one of its ids.")
class EntityRef:
    id: strawberry.ID | None = unchanged("Global id, as returned by this API.")
    external_id: str | None = unchanged("Id in your own systems, unique per organisation and type.")


@strawberry.input(one_of=True, description="Reference to a parent: give an objective or a key result.")
class ParentRef:
    objective: EntityRef | None = unchanged("Objective to align to.")
    key_result: EntityRef | None = unchanged("Key result to align to.")


@strawberry.input(one_of=True, description="Reference to an objective or to a key result: give one of them.")
class MeasuredRef:
    objective: EntityRef | None = unchanged("An objective.")
    key_result: EntityRef | None = unchanged("A key result.")


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
    found = [(field, getattr(value, field.name)) for field in defaults]
    return {
        field.name: plain(field.former if one == field.default else one, whole=whole)
        for field, one in found
        if not isinstance(one, UnsetType)
        and (one not in (field.default, field.former) or (whole and not field.is_new))
    }


class _Default(NamedTuple):
    """Name and default of a field, the default that it had before, and whether it is `ADDED_SINCE`."""

    name: str
    default: Any
    former: Any
    is_new: bool


@lru_cache
def _defaults(kind: Any) -> tuple[_Default, ...] | None:
    """Return the defaults of an input's fields, except its key; None if it is no input."""
    if not is_dataclass(kind):
        return None
    return tuple(
        _Default(
            field.name,
            field.default,
            field.metadata.get("default_was", field.default),
            ADDED_SINCE.items() <= field.metadata.items(),
        )
        for field in fields(kind)
        if field.name != "idempotency_key"
    )


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


def entity_ref(value: EntityRef, node_type: NodeType, path: tuple[str | int, ...]) -> Ref:
    """Return the reference in a value at `path` of the input.

    Raises:
        NotFound: the id is of another type of entity.
    """
    if isinstance(value.external_id, str):
        return Ref(external_id=value.external_id, path=(*path, "externalId"), node_type=node_type)
    decoded = id_of_type(str(value.id), node_type)
    ref = Ref(id=decoded, path=(*path, "id"), node_type=node_type)
    if decoded is None:
        raise ref.not_found(node_type.value.replace("_", " ").lower())
    return ref


def required_ref(input: Any, name: str, node_type: NodeType) -> Ref:
    """Return the reference in a required field; raises the errors of `entity_ref`."""
    return entity_ref(getattr(input, name), node_type, (camel(name),))


def optional_ref(input: Any, name: str, node_type: NodeType) -> Ref | None:
    """Return the reference in an optional field, or None; raises the errors of `entity_ref`."""
    return required_ref(input, name, node_type) if getattr(input, name) else None


def parent_ref(value: ParentRef) -> Ref:
    """Return the reference to an objective or a key result; raises the errors of `entity_ref`."""
    if value.objective:
        return entity_ref(value.objective, NodeType.OBJECTIVE, ("parent", "objective"))
    assert value.key_result, "one of the two is given"
    return entity_ref(value.key_result, NodeType.KEY_RESULT, ("parent", "keyResult"))


def measured_ref(value: MeasuredRef, name: str) -> Ref:
    """Return the reference in the field of that name; raises the errors of `entity_ref`."""
    if value.objective:
        return entity_ref(value.objective, NodeType.OBJECTIVE, (name, "objective"))
    assert value.key_result, "one of the two is given"
    return entity_ref(value.key_result, NodeType.KEY_RESULT, (name, "keyResult"))
