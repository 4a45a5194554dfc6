"""Whatever is asked, of whichever rows, by whomever: the answer is the naive reader's.

OKR_TEST_OPERATIONS=10000 tries so many operations; each failure names its seed.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson
import pytest
from graphql import parse

from okr_api.graphql.context import House
from okr_api.identity.actor import Actor, Scope
from okr_api.identity.tokens import Tokens
from okr_api.live.feed import Feed
from okr_api.live.wakeups import Wakeups
from okr_api.services.desk import Desk
from okr_api.services.founding import found_organization
from okr_api.services.together import Together
from okr_api.store.database import Database
from tests.conftest import Server
from tests.reading.executors import EXECUTORS, as_json, instant_of
from tests.reading.naive import Naive, whole_tables
from tests.reading.operations import Operation, Operations
from tests.reading.random_world import SIZES, fill

OPERATIONS = int(os.environ.get("OKR_TEST_OPERATIONS", "300"))
AT_ONCE = 10
SCOPES = (Scope.READ, Scope.CHECK_IN, Scope.WRITE, Scope.ADMIN)


@dataclass(frozen=True)
class Tenant:
    """A random organisation: whole in memory, and those who ask."""

    tables: dict[str, list[Any]]
    askers: list[Actor]
    seq: int


@dataclass(frozen=True)
class Tenants:
    """Several of them in one database."""

    house: House
    each: list[Tenant]
    made: dict[int, tuple[Tenant, Actor, Operation]] = field(default_factory=dict)

    def asked(self, seed: int) -> tuple[Tenant, Actor, Operation]:
        """A random operation, whose rows it asks for and who asks; made once for all readers."""
        if seed not in self.made:
            random = Random(seed)
            tenant = random.choice(self.each)
            asker = random.choices(tenant.askers, (4, 2, 2, 1))[0]
            self.made[seed] = tenant, asker, Operations(tenant.tables, random).make()
        return self.made[seed]


@pytest.fixture(scope="module")
async def tenants(server: Server, template: str) -> AsyncIterator[Tenants]:
    """Random organisations, side by side."""
    async with server.copy_of(template) as name, Database.open(server.url_of(name)) as database:
        wakeups = Wakeups(database)
        desk, tokens = Desk(database, wakeups), Tokens(database)
        each = []
        for seed, sizes in enumerate(SIZES):
            organization = await found_organization(database, name=f"Tenant {seed}", zone="Europe/Berlin")
            await fill(database, organization, seed, sizes)
            askers = []
            for scope in SCOPES:
                asker = await tokens.actor(await tokens.create(organization.id, name=scope, scopes=[scope]))
                assert asker is not None
                askers.append(asker)
            each.append(Tenant(await whole_tables(database, organization.id), askers, sizes.changes))
        yield Tenants(House(database, desk, Together(desk), Feed(database, wakeups), tokens), each)


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
