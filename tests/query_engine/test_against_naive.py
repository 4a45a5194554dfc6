"""Any operation on any rows by any actor returns what the naive reader returns, including its errors.

Each operation is executed with the variables it was made with; then, with its plan cached, with others and
with wrong ones; and some by twenty callers at once. OKR_TEST_OPERATIONS=10000 tries that many operations;
each failure names its seed.
"""

import asyncio
import os
from random import Random
from typing import Any

import pytest
from graphql import parse

from tests.query_engine.conftest import Tenants
from tests.query_engine.executors import Told, told_by_compiled, told_by_core
from tests.query_engine.law import State, fault_in
from tests.query_engine.operations import TOLD, Operation, may_be_asked
from tests.wrong_variables import wrong

OPERATIONS = int(os.environ.get("OKR_TEST_OPERATIONS", "240"))
AT_ONCE = 10
CALLERS = 20  # of an operation that selects its position


def variables_of(operation: Operation, seed: int) -> list[dict[str, Any]]:
    """Return the variables to try: the operation's own, others, missing or wrong ones, and its own again."""
    if not operation.variables:
        return [{}]
    random = Random(seed)
    right, document = operation.variables, parse(operation.text)
    missing = dict(random.sample(list(right.items()), len(right) - 1))
    null = right | {random.choice(list(right)): None}
    others = (*operation.others, missing, null, random.choice(wrong(right)))
    return [right, *(one for one in others if may_be_asked(document, one)), right]


async def fault_of(tenants: Tenants, seed: int) -> str:
    """Return what is wrong with the responses by plan and by graphql-core; empty if all are right."""
    tenant, asker, operation = tenants.asked(seed)
    state = State(tenant.tables, tenant.seq, tenant.oldest_seq)
    text, right = operation.text, operation.variables

    def fault(told: Told, variables: dict[str, Any], who: str) -> str:
        found = fault_in(told, state, asker, text, variables)
        return found and f"seed {seed}, {who}: {found}\n{text}\n{variables}"

    for variables in variables_of(operation, seed):
        told = await told_by_compiled(tenants.app_services, asker, text, variables)
        if found := fault(told, variables, "compiled"):
            return found
    asking = [told_by_core(tenants.app_services, asker, text, right)]
    if TOLD in text:
        asking += [told_by_compiled(tenants.app_services, asker, text, right) for _ in range(CALLERS)]
    for other in await asyncio.gather(*asking):
        differs = (other.data, other.errors) != (told.data, told.errors)  # the clock may have moved
        if differs and (found := fault(other, right, "graphql-core, or one of many")):
            return found
    return ""


@pytest.mark.parametrize("first", range(0, OPERATIONS, AT_ONCE))
async def test_any_operation_is_answered_as_the_naive_reader_answers_it(tenants: Tenants, first: int):
    for seed in range(first, first + AT_ONCE):
        fault = await fault_of(tenants, seed)
        assert not fault, fault
