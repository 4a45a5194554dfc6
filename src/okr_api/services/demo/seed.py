"""Seed the demo: find or create its organisation, then run each step once, as its person, by real mutations.

Every step has an idempotency key: an interrupted run continues where it stopped, and two runs at once create
one quarter.
"""

import hashlib
from collections.abc import Callable
from datetime import date
from uuid import UUID

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.people import Organization
from okr_api.services.bootstrap import found_organization
from okr_api.services.foreign_files.table_import import import_table
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import IdempotencyKey, MutationRunner
from okr_api.store.database import Database
from okr_api.store.entity_lookup import ids_by_external_id
from okr_api.store.organizations import all_organizations, lock_for_first

from .company import NAME, PEOPLE, TIME_ZONE, joining
from .dates import Calendar
from .demo_mutations import last_external_id, working
from .steps import ForeignFile, Step

SERVICE = Author("Demo")


class SeedingFailed(Exception):
    """A step of the demo was rejected, which is a bug in the demo."""


async def demo_organization(database: Database) -> Organization:
    """Return the demo company; create it if it is missing, once among concurrent processes."""
    async with database.writing_across() as connection:
        await lock_for_first(connection)
        for organization in await all_organizations(database):
            if organization.name == NAME:
                return organization
        return await found_organization(database, name=NAME, zone=TIME_ZONE)


async def seed(
    mutation_runner: MutationRunner,
    organization: Organization,
    *,
    today: date,
    on_step: Callable[[int, int], None] = lambda done, of: None,
) -> bool:
    """Create the demo's year, quarter and past check-ins; return False if all of it exists.

    `today` is a day that has begun in the organisation's time zone.
    """
    calendar = Calendar(today, organization.zone)
    async with mutation_runner.database.of(organization.id) as connection:
        last = [last_external_id(calendar)]
        if await ids_by_external_id(connection, organization.id, "check_in", last):
            return False
    first, following = joining(), working(calendar)
    seeder = Seeder(mutation_runner, organization)
    for done, step in enumerate([*first, *following]):
        on_step(done, len(first) + len(following))
        if done == len(first):
            await seeder.meet()
        await seeder.take(step)
    return True


class Seeder:
    """Runner of the steps, each as the person that it belongs to."""

    def __init__(self, mutation_runner: MutationRunner, organization: Organization) -> None:
        self.mutation_runner = mutation_runner
        self.group_commit = GroupCommit(mutation_runner)
        self.organization = organization
        self.people: dict[str, UUID] = {}

    async def meet(self) -> None:
        """Load the ids of the people."""
        keys = [someone.key for someone in PEOPLE]
        async with self.mutation_runner.database.of(self.organization.id) as connection:
            self.people = await ids_by_external_id(connection, self.organization.id, "person", keys)

    async def take(self, step: Step) -> None:
        """Run one step, unless it was run before.

        Raises:
            SeedingFailed: the step was rejected.
        """
        messages = await (self._import(step.file) if step.file else self._mutate(step))
        if messages:
            raise SeedingFailed(f"{step.key}: {messages[0]}")

    async def _mutate(self, step: Step) -> list[str]:
        """Run a mutation or check-ins; return the messages of its errors."""
        actor = self._actor(step.by)
        once = IdempotencyKey(f"demo {step.key}", hashlib.sha256(step.key.encode()).digest())
        do = step.do
        if do is None:
            outcome = await self.group_commit.check_in(actor, step.items, once=once)
        else:
            outcome = await self.mutation_runner.perform(
                actor, Scope.WRITE, once, lambda work: do(work, actor, **step.inputs)
            )
        return [each.message for each in outcome.errors] + [each.message for each in outcome.item_errors]

    async def _import(self, file: ForeignFile) -> list[str]:
        """Import a file, which changes nothing the second time; return the messages of rejected rows."""
        mapping = file.mapping
        report = await import_table(
            self.mutation_runner.database,
            self.organization.id,
            file.path.read_bytes(),
            mapping,
            author=SERVICE,
            namespace=mapping.namespace or file.path.stem,
            cycle=file.cycle,
        )
        return [each.message for each in report.errors]

    def _actor(self, key: str | None) -> Actor:
        # The organisation's id stands in for a token's: no request is behind this.
        tenant, scopes = self.organization.id, frozenset({Scope.ADMIN})
        if key is None:
            return Actor(tenant, tenant, SERVICE, scopes)
        [someone] = [someone for someone in PEOPLE if someone.key == key]
        return Actor(tenant, tenant, Author(someone.name, self.people[key]), scopes, someone.role)
