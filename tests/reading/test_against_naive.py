"""Whatever is asked, of whichever rows, by whomever: the answer is the naive reader's.

OKR_TEST_OPERATIONS=10000 tries so many operations; each failure names its seed.
"""

import os
from typing import Any

import orjson
import pytest
from graphql import parse

from tests.reading.conftest import Tenants
from tests.reading.executors import EXECUTORS, as_json, instant_of
from tests.reading.naive import Naive

OPERATIONS = int(os.environ.get("OKR_TEST_OPERATIONS", "300"))
AT_ONCE = 10


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("first", range(0, OPERATIONS, AT_ONCE))
async def test_any_operation_is_answered_as_the_naive_reader_answers_it(
    tenants: Tenants, executor: str, first: int
):
    for seed in range(first, first + AT_ONCE):
        tenant, asker, operation = tenants.asked(seed)
        answer, snapshot = await EXECUTORS[executor](
            tenants.house, asker, operation.text, operation.variables
        )
        naive = Naive(tenant.tables, asker, now=instant_of(snapshot), seq=tenant.seq)
        expected = naive.answer(parse(operation.text), operation.variables)
        assert expected.errors is None, (expected.errors, operation)
        same = orjson.dumps(answer) == orjson.dumps(expected.data)
        assert same, (
            f"seed {seed}\n{operation.text}\n{operation.variables}\n{difference(answer, as_json(expected.data))}"
        )


def difference(one: Any, other: Any, path: str = "") -> str:
    """Where two answers differ first."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        return next((d for key in one if (d := difference(one[key], other[key], f"{path}.{key}"))), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        each = enumerate(zip(one, other, strict=True))
        return next((d for i, (a, b) in each if (d := difference(a, b, f"{path}[{i}]"))), "")
    return "" if one == other else f"at {path}: {one!r} and not {other!r}"
