"""Exporting: everything that an organisation knows, as one file that brings it all back."""

from uuid import UUID

import orjson

from okr_api.okr.errors import NotFound
from okr_api.store.database import Database
from okr_api.store.everything import Everything, load_organization

from .document import FORMAT, FULL
from .writing import Document, Names, Writing

OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


async def export_document(database: Database, organization_id: UUID) -> Document:
    """Everything of the organisation, as it was at one instant.

    *Shape*: the interchange format with ids in full: rows by id, check-ins and changes in the order in
    which they were recorded, so that the same facts always give the same document.

    *Refuses*: an organisation that is not there (`NotFound`).
    """
    everything = await load_organization(database, organization_id)
    if everything is None:
        raise NotFound("There is no such organisation")
    return written(everything)


def written(everything: Everything) -> Document:
    """Everything as a document."""
    writing = Writing(Names(everything), everything.versions)
    organization, tree = everything.organization, everything.tree
    return {
        "format": FORMAT,
        "ids": FULL,
        "organization": {"name": organization.name, "time_zone": organization.time_zone},
        "people": writing.section("people", everything.people, writing.person),
        "teams": writing.section("teams", everything.teams, writing.team),
        "cycles": writing.section("cycles", tree.cycles.values(), writing.cycle),
        "objectives": writing.section("objectives", tree.objectives.values(), writing.objective),
        "key_results": writing.section("key_results", tree.key_results.values(), writing.key_result),
        "check_ins": [writing.check_in(check_in) for check_in in everything.check_ins],
        "changes": [writing.change(change) for change in everything.changes],
    }


def to_bytes(document: Document) -> bytes:
    """The document as a file: the same document always gives the same bytes, and every double its own."""
    return orjson.dumps(document, option=OPTIONS)
