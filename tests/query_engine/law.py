"""Compare responses with those of the naive reader: the data and the errors must be equal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import parse

from okr_api.auth.actor import Actor
from tests.query_engine.executors import Told, as_json
from tests.query_engine.naive import Naive, Row

Error = tuple[str, str | None]  # its code, and the root field that contains it


@dataclass(frozen=True)
class State:
    """The rows of an organisation at one position of its feed."""

    tables: Mapping[str, list[Row]]
    seq: int
    oldest_seq: int = 1


def fault_in(told: Told, state: State, asker: Actor, text: str, variables: Mapping[str, Any]) -> str:
    """Return what is wrong with a response; empty if it is right.

    The naive reader reports an error in the field that is wrong, the service in the root field above it. So
    the code of the error is compared, and the data of the other root fields.
    """
    naive = Naive(state.tables, asker, now=told.now, seq=state.seq, oldest_seq=state.oldest_seq)
    expected = naive.answer(parse(text), variables)
    wanted = {_place(as_json(error.formatted)) for error in expected.errors or ()}
    found = {_place(error) for error in told.errors}
    if found != wanted:
        return f"errors {told.errors} and not {expected.errors}"
    if not found and told.fallbacks:
        return f"graphql-core had to answer: {told.fallbacks}"
    data, right = _besides(told.data, wanted), _besides(as_json(expected.data), wanted)
    return "" if orjson.dumps(data) == orjson.dumps(right) else difference(data, right) or "another order"


def _place(error: Any) -> Error:
    path = error.get("path")
    return error.get("extensions", {}).get("code", "BAD_USER_INPUT"), path[0] if path else None


def _besides(data: Any, errors: set[Error]) -> Any:
    failed = {root for _, root in errors}
    return None if data is None else {key: one for key, one in data.items() if key not in failed}


def difference(one: Any, other: Any, path: str = "") -> str:
    """Return where two responses differ first."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        return next((d for key in one if (d := difference(one[key], other[key], f"{path}.{key}"))), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        each = enumerate(zip(one, other, strict=True))
        return next((d for i, (a, b) in each if (d := difference(a, b, f"{path}[{i}]"))), "")
    return "" if one == other else f"at {path}: {one!r} and not {other!r}"
