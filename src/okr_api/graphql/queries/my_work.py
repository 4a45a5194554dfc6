"""Query field `myWork`: what the viewer owes or, for an admin, somebody else; whose work arguments name."""

from typing import Annotated
from uuid import UUID

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.argument_values import only_one_of
from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.types.my_work import MyWork
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.okr.my_work import MAX_WORK_ITEMS
from okr_api.query_engine.global_ids import id_of_argument
from okr_api.query_engine.my_work import load_my_work
from okr_api.query_engine.snapshot import Snapshot

DEFAULT_WORK_ITEMS = 100
PersonId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Person whose work it is: by default you. Give either this or `personExternalId`. For "
        "anybody else it needs the scope ADMIN."
    ),
]
PersonExternalId = Annotated[
    str | None,
    strawberry.argument(description="External id of the person; give either this or `personId`."),
]


async def worker_of(
    snapshot: Snapshot, actor: Actor, person_id: str | None, person_external_id: str | None
) -> UUID | None:
    """Return the id of the person whose work arguments name, by default the actor; None if there is none.

    Raises:
        InvalidInput: both arguments are given, or none by a service.
        Forbidden: it is somebody else, and the actor is no admin.
    """
    own = actor.author.person_id
    if person_id is None and person_external_id is None:
        if own is None:
            raise InvalidInput("A service owes nothing itself; name a person", path=["personId"])
        return own
    name, value = only_one_of(person_id=person_id, person_external_id=person_external_id)
    id = await id_of_argument(snapshot, NodeType.PERSON, name, value)
    if id != own or id is None:
        actor.must(Scope.ADMIN, ["personId" if person_id is not None else "personExternalId"])
    return id


@strawberry.type
class MyWorkQuery:
    """Query root field of what somebody owes."""

    @strawberry.field(
        description="What you owe: check-ins that are due, drafts to publish, roadblocks, decisions, "
        "dependencies, initiatives, mentions to answer; what is due first comes first. Null if the person "
        "who is named does not exist."
    )
    async def my_work(
        self,
        info: Info,
        person_id: PersonId = None,
        person_external_id: PersonExternalId = None,
        first: Annotated[
            int, strawberry.argument(description="Number of items, 1 to 500; all are counted.")
        ] = DEFAULT_WORK_ITEMS,
    ) -> MyWork | None:
        """Return what somebody owes."""
        if not 1 <= first <= MAX_WORK_ITEMS:
            raise InvalidInput(f"first must be 1 to {MAX_WORK_ITEMS}", path=["first"])
        reader = await reader_for(info)
        found = await worker_of(reader.snapshot, info.context.actor, person_id, person_external_id)
        person = None if found is None else await reader.id_of_visible("Person", found)
        if person is None:
            return None
        work: MyWork = await reader.made("MyWork", await load_my_work(reader.snapshot, person, first))
        return work
