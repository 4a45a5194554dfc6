"""Files to import: those of ../shared/data, and small ones made here."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.author import Author
from okr_api.okr.entities import ENTITIES
from okr_api.okr.people import Organization
from okr_api.services.import_export.exporter import export_parts
from okr_api.services.import_export.importer import import_document
from okr_api.services.import_export.report import ImportReport
from okr_api.store.organizations import all_organizations
from tests.acme import Workplace
from tests.house.tree import ROOT

DATA = ROOT.parent / "shared" / "data"
OKR_FILES = (
    "inquirer-cy22q2",
    "sourcegraph-2019_q4",
    "sourcegraph-2021_q1",
    "chromium-input-2016-2017",
    "nyc-mmr",
)
IMPORTER = Author("okr-api import")
MID_QUARTER = datetime.fromisoformat("2026-05-15T12:00:00-04:00")
Document = dict[str, Any]


def real(name: str) -> Document:
    """Load a file of ../shared/data; skip the test if the folder is absent."""
    path = DATA / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"../shared/data/{name}.json is not here; it is not part of the project")
    document: Document = json.loads(path.read_text())
    return document


def quarter(**sections: Any) -> Document:
    """Return a small file in the plain shape: one objective with two key results, in a quarter of 2026."""
    document: Document = {
        "organization": {"id": "small", "name": "Small"},
        "teams": [{"id": "T1", "name": "Crew", "parent_id": None}],
        "people": [{"id": "P1", "name": "Ann"}, {"id": "P2", "name": "Ben"}],
        "cycles": [{"id": "C1", "name": "2026-Q2", "start": "2026-04-01", "end": "2026-06-30"}],
        "objectives": [objective("O1", owner_ids=["P1", "P2"], team_id="T1")],
        "key_results": [key_result("K1"), key_result("K2", target=10)],
        "check_ins": [check_in("I1", "K1", 50), check_in("I2", "K2", 1)],
    }
    return document | sections


def objective(id: str | int, **fields: Any) -> Document:
    return {"id": id, "title": f"Title of {id}", "cycle_id": "C1"} | fields


def key_result(id: str | int, objective_id: str | int = "O1", **fields: Any) -> Document:
    """Return a key result's row: a metric from 0 to 100."""
    row = {"id": id, "objective_id": objective_id, "title": f"Title of {id}", "type": "metric"}
    return row | {"direction": "increase", "start": 0, "target": 100} | fields


def check_in(id: str | int, key_result_id: str | int, value: Any, **fields: Any) -> Document:
    """Return a check-in's row, dated 10 May 2026."""
    return {"id": id, "key_result_id": key_result_id, "date": "2026-05-10", "value": value} | fields


async def bring(place: Workplace, document: object, **how: Any) -> ImportReport:
    """Import a document, by default in the namespace `small` and with `rename`."""
    how.setdefault("namespace", "small")
    how.setdefault("rename", True)
    return await import_document(place.database, place.organization.id, document, author=IMPORTER, **how)


async def bring_small(place: Workplace, document: object, **how: Any) -> ImportReport:
    """Import a document of the quarter, by default in the middle of it, on 15 May 2026."""
    how.setdefault("now", MID_QUARTER)
    return await bring(place, document, **how)


async def exported(place: Workplace) -> bytes:
    """Return the organisation's export."""
    return b"".join([part async for part in export_parts(place.database, place.organization.id)])


async def by_name(place: Workplace, table: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a table by external id."""
    rows = await place.fetch(
        f"select * from {table} where organization_id = $1 and external_id is not null", place.organization.id
    )
    return {row["external_id"]: row for row in rows}


async def check_ins_by_label(place: Workplace) -> dict[str, dict[str, Any]]:
    """Return the check-ins by external id; a row's later values end in `~2`, current values in `:current`."""
    rows = await place.fetch(
        "select check_in.*, key_result.external_id as of from check_in"
        " join key_result on key_result.id = check_in.key_result_id"
        " where check_in.organization_id = $1 order by check_in.seq, check_in.place",
        place.organization.id,
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        key_result, said_as = row.pop("of"), row["imported_as"]
        label = f"{key_result}:current" if said_as == ":current" else said_as or row["external_id"]
        count = sum(1 for each in found if each.partition("~")[0] == label)
        found[label if row["external_id"] or not count else f"{label}~{count + 1}"] = row
    return found


async def organization_of(place: Workplace) -> Organization:
    """Load the organisation again: restoring an export changes its name and time zone."""
    [found] = [each for each in await all_organizations(place.database) if each.id == place.organization.id]
    return found


def told(report: ImportReport) -> list[tuple[str, str]]:
    """Return place and code of a report's rows, without the fields that are not kept."""
    return [(row.place, row.code) for row in report.rows if row.code != "NOT_KEPT"]


NAMED = [entity.table for entity in ENTITIES if entity.section]
KEY = ("id", "child_id", "parent_id", "seq")
VERSIONED = [*(entity.table for entity in ENTITIES if entity.is_versioned), "alignment"]
TABLES = [*NAMED, "alignment", *(f"{table}_version" for table in VERSIONED)]


async def contents(place: Workplace) -> dict[str, dict[Any, dict[str, Any]]]:
    """Return every row of every table but the feed, by its identifiers, with external ids in place of ids."""
    names: dict[UUID, str] = {}
    for table in NAMED:
        for row in await place.fetch(
            f"select id, external_id from {table} where organization_id = $1", place.organization.id
        ):
            names[row["id"]] = row["external_id"] or f"own id {row['id']}"

    def named(value: object) -> object:
        if isinstance(value, list):
            return [named(each) for each in value]
        return names.get(value, str(value)) if isinstance(value, UUID) else value

    found: dict[str, dict[Any, dict[str, Any]]] = {}
    for table in TABLES:
        rows = await place.fetch(f"select * from {table} where organization_id = $1", place.organization.id)
        found[table] = {}
        for row in rows:
            del row["organization_id"]
            row.pop("announced_at", None)  # when it was stored, which is no fact
            said: dict[str, Any] = {column: named(value) for column, value in row.items()}
            if effective := said.get("effective_cadence"):
                source = UUID(effective["source_id"])
                own = source == place.organization.id
                effective["source_id"] = "organization" if own else named(source)
            found[table][tuple(said.get(column) for column in KEY)] = said
        assert len(found[table]) == len(rows)
    return found
