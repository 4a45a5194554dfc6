"""Roles of people in files: taken, kept where a file does not say, and MEMBER for a new person."""

import json

import pytest

from okr_api.services import organization
from tests.acme import Acme, Workplace
from tests.services.import_export.files import bring, by_name, exported


@pytest.mark.parametrize(
    ("fields", "role"), (({}, "MEMBER"), ({"role": None}, "MEMBER"), ({"role": "viewer"}, "VIEWER"))
)
async def test_a_person_comes_with_a_role(tenant: Workplace, fields: dict[str, str], role: str):
    report = await bring(tenant, {"people": [{"id": "P1", "name": "Dora"} | fields]})
    assert report.errors == []
    assert (await by_name(tenant, "person"))["small:P1"]["role"] == role


async def test_a_file_that_says_no_role_keeps_it(acme: Acme):
    row = {"id": "ann", "name": "Anna"}
    assert (await bring(acme, {"ids": "full", "people": [row]})).errors == []
    assert {name: (await acme.row("person", acme.ann))[name] for name in ("name", "role")} == {
        "name": "Anna",
        "role": "ADMIN",
    }
    await bring(acme, {"ids": "full", "people": [row | {"role": "MEMBER"}]})
    assert (await acme.row("person", acme.ann))["role"] == "MEMBER"


async def test_a_role_that_there_is_not_is_told(tenant: Workplace):
    report = await bring(tenant, {"people": [{"id": "P1", "name": "Dora", "role": "OWNER"}]})
    assert [(each.code, each.message) for each in report.errors] == [
        ("ROW_IS_UNCLEAR", "role is 'OWNER', not one of ADMIN, MEMBER, VIEWER")
    ]


async def test_an_export_has_roles_with_their_history_and_who_edits(acme: Acme):
    await acme.done(organization.edit_person, person="ben", edits={"role": "VIEWER"})
    document = json.loads(await exported(acme))
    assert document["organization"]["editing"] == "RESPONSIBLE"
    [ben] = [each for each in document["people"] if each["name"] == "Ben"]
    assert (ben["role"], [each["role"] for each in ben["history"]]) == ("VIEWER", ["MEMBER"])
