"""Random organisations, to compare the executors with the naive reader."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.auth.tokens import TokenStore
from okr_api.graphql.app_services import AppServices
from okr_api.okr.people import Organization
from okr_api.okr.policy import Editing
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.bootstrap import found_organization
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import MutationRunner
from okr_api.store.database import Database
from tests.conftest import Server
from tests.query_engine.naive import whole_tables
from tests.query_engine.operations import Operation, Operations
from tests.query_engine.random_world import SIZES, Sizes, fill

ACTIVE_PEOPLE = "select id from person where organization_id = $1 and active order by id"
SCOPES = (Scope.READ, Scope.CHECK_IN, Scope.WRITE, Scope.ADMIN)


@dataclass(frozen=True)
class Tenant:
    """A random organisation: its tables in memory, services of each scope, and people of all roles.

    The last two services see what is private.
    """

    tables: dict[str, list[Any]]
    askers: list[Actor]
    seq: int
    oldest_seq: int = 1


@dataclass(frozen=True)
class Tenants:
    """Several random organisations in one database."""

    app_services: AppServices
    each: list[Tenant]
    made: dict[int, tuple[Tenant, Actor, Operation]] = field(default_factory=dict)

    def asked(self, seed: int) -> tuple[Tenant, Actor, Operation]:
        """Return a random operation with its organisation and actor; made once for all executors."""
        if seed not in self.made:
            random = Random(seed)
            tenant = random.choice(self.each)
            weights = (4, 2, 2, 1, *(3 for _ in tenant.askers[len(SCOPES) :]))
            asker = random.choices(tenant.askers, weights)[0]
            self.made[seed] = tenant, asker, Operations(tenant.tables, random).make()
        return self.made[seed]


async def people_of(tokens: TokenStore, organization: Organization) -> list[Actor]:
    """Return an actor for each person who has not left, with tokens of different scopes."""
    async with tokens.database.of(organization.id) as connection:
        rows = await connection.fetch(ACTIVE_PEOPLE, organization.id)
    found = []
    for place, row in enumerate(rows):
        scopes = [(Scope.ADMIN, Scope.WRITE, Scope.CHECK_IN)[place % 3]]
        token = await tokens.create(organization.id, name="p", scopes=scopes, person=str(row["id"]))
        actor = await tokens.actor(token)
        assert actor is not None
        found.append(actor)
    return found


async def edited_by(database: Database, organization: Organization, editing: Editing) -> None:
    """Set who edits in an organisation, past the service."""
    async with database.writing(organization.id) as connection:
        await connection.execute(
            "update organization set editing = $2 where id = $1", organization.id, editing
        )


@asynccontextmanager
async def tenants_in(server: Server, template: str, all_sizes: Sequence[Sizes]) -> AsyncIterator[Tenants]:
    """Fill a database with random organisations of those sizes, side by side."""
    async with server.copy_of(template) as name, Database.open(server.url_of(name)) as database:
        notifier = ChangeNotifier(database)
        mutation_runner, tokens = MutationRunner(database, notifier), TokenStore(database)
        each = []
        for seed, sizes in enumerate(all_sizes):
            organization = await found_organization(database, name=f"Tenant {seed}", zone="Europe/Berlin")
            await fill(database, organization, seed, sizes)
            askers = []
            for scope in SCOPES:
                asker = await tokens.actor(await tokens.create(organization.id, name=scope, scopes=[scope]))
                assert asker is not None
                askers.append(asker)
            askers += await people_of(tokens, organization)
            for scope in (Scope.READ, Scope.WRITE):
                token = await tokens.create(organization.id, name="All", scopes=[scope], sees_private=True)
                seeing = await tokens.actor(token)
                assert seeing is not None
                askers.append(seeing)
            await edited_by(database, organization, list(Editing)[seed % 2])
            tables = await whole_tables(database, organization.id)
            each.append(Tenant(tables, askers, sizes.changes, sizes.oldest))
        services = AppServices(
            database, mutation_runner, GroupCommit(mutation_runner), ChangeStream(database, notifier), tokens
        )
        yield Tenants(services, each)
        admission = services.admission
        under_way = [one.in_use for one in (admission.held, admission.executing, admission.light)]
        assert not any(under_way), f"admitted, and never released: {under_way}"


@pytest.fixture(scope="module")
async def tenants(server: Server, template: str) -> AsyncIterator[Tenants]:
    """Yield random organisations, side by side."""
    async with tenants_in(server, template, SIZES) as made:
        yield made


@pytest.fixture
async def moving(server: Server, template: str) -> AsyncIterator[Tenants]:
    """Yield one random organisation, for one test."""
    async with tenants_in(server, template, (Sizes(changes=120),)) as made:
        yield made
