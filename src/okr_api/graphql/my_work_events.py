"""Event source of `myWorkChanged`: changes that concern a person, looked up once for all subscribers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from okr_api.graphql.context import Context
from okr_api.graphql.queries.my_work import worker_of
from okr_api.graphql.visible_changes import visible_changes
from okr_api.okr.errors import NotFound
from okr_api.query_engine.work_concerns import People, people_concerned

Change = Mapping[str, Any]
IS_THERE = "select from person where organization_id = $1 and id = $2"


@dataclass(frozen=True, slots=True)
class MyWorkSource:
    """Source of the changes that may have moved what a person owes, as far as the subscriber sees them."""

    person_id: UUID
    argument: str = field(compare=False)  # that names the person
    type_name: str = "MyWorkChange"
    is_personal: bool = False  # a group is of one person already

    async def visible(self, context: Context, changes: list[Change]) -> list[Change]:
        """Return the visible changes of those that concern the person, or may show or hide something.

        Only of these it is looked up what the subscriber sees; each says whether it concerns the person.
        """
        concerned = await _people_concerned(context, changes)
        mine = {seq for seq, people in concerned.items() if people is None or self.person_id.hex in people}
        selected = [one for one in changes if one["seq"] in mine or one["has_visibility_changes"]]
        found = await visible_changes(context, selected)
        return [{**one, "concerns_person": one["seq"] in mine} for one in found]

    def of(self, change: Change, *, quiet: bool) -> Change | None:
        """Return the change if it concerns the person, or shows or hides something to the subscriber."""
        del quiet
        if not change["concerns_person"] and not change["visibility_changes"]:
            return None
        return {**change, "person_id": self.person_id.hex}

    def check_after(self, event: Change) -> None:
        """Do nothing: people are always visible."""


async def _people_concerned(context: Context, changes: list[Change]) -> Mapping[int, People | None]:
    """Return whom changes concern, by `seq`; the same for all subscribers."""

    async def find() -> Mapping[int, People | None]:
        async with context.glance() as snapshot:
            return await people_concerned(snapshot, changes)

    app_services, organization_id = context.app_services, context.actor.organization_id
    seqs = tuple([change["seq"] for change in changes])
    key = ("concerned", organization_id, app_services.feed.rewinds(organization_id), seqs)
    found: Mapping[int, People | None] = await app_services.shared.get(key, find)
    return found


async def my_work_source(
    context: Context, person_id: str | None = None, person_external_id: str | None = None
) -> MyWorkSource:
    """Return the event source of `myWorkChanged`.

    Raises:
        InvalidInput: both arguments are given, or none by a service.
        Forbidden: it is somebody else's work, and the actor is no admin.
        NotFound: there is no such person.
    """
    argument = "personId" if person_external_id is None else "personExternalId"
    async with context.glance() as snapshot:
        person = await worker_of(snapshot, context.actor, person_id, person_external_id)
        is_there = person is not None and bool(await snapshot.fetch(IS_THERE, person))
    if person is None or not is_there:
        raise NotFound("There is no such person", path=[argument])
    return MyWorkSource(person, argument)
