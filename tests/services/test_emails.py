"""E-mail addresses: no two active people share one, except those who shared it before the rule."""

import asyncio
import json

import pytest
from alembic import command

from okr_api.auth.actor import Scope
from okr_api.services import organization
from okr_api.services.organization import add_person, edit_person
from okr_api.store import schema_version
from okr_api.store.migrations import alembic_runner
from tests.acme import Acme, Workplace
from tests.services.import_export.files import bring, exported

SHARE = "update person set email = 'ann@acme.example' where id = $1"


async def test_an_address_belongs_to_one_person_whatever_its_case(acme: Acme):
    refusal = await acme.refused(add_person, name="Another Ann", email=" ANN@acme.example")
    assert (refusal.code(), refusal.path) == ("EMAIL_IS_TAKEN", ("email",))
    refusal = await acme.refused(edit_person, person="ben", edits={"email": "Ann@ACME.example"})
    assert (refusal.code(), refusal.path) == ("EMAIL_IS_TAKEN", ("email",))
    await acme.done(edit_person, person="ann", edits={"email": "Ann@Acme.Example"})
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    await beta.person("Ann", email="ann@acme.example")


async def test_an_address_is_free_once_its_person_has_left_or_given_it_up(acme: Acme):
    await acme.done(organization.remove_person, person="ann")
    dana = await acme.person("Dana", email="ann@acme.example")
    await acme.done(edit_person, person=dana, edits={"email": "dana@acme.example"})
    await acme.person("Eve", email="ann@acme.example")
    token = await acme.tokens.create(
        acme.organization.id, name="E", scopes=[Scope.READ], person="ANN@acme.example"
    )
    actor = await acme.tokens.actor(token)
    assert actor is not None
    assert actor.author.name == "Eve"


async def test_of_two_who_take_an_address_at_once_one_gets_it(acme: Acme):
    outcomes = await asyncio.gather(
        *(acme.do(add_person, name=f"Dana {n}", email="dana@acme.example") for n in range(4))
    )
    codes = sorted([e.code() for e in outcome.errors] for outcome in outcomes)
    assert codes == [[], *[["EMAIL_IS_TAKEN"]] * 3]


async def test_people_who_share_an_address_from_before_can_be_edited_and_have_tokens_by_id(acme: Acme):
    await acme.fetch(SHARE, acme.ben)
    await acme.done(edit_person, person="ben", edits={"name": "Benjamin", "email": "ann@acme.example"})
    token = await acme.tokens.create(acme.organization.id, name="B", scopes=[Scope.READ], person="ben")
    actor = await acme.tokens.actor(token)
    assert actor is not None
    assert actor.author.person_id == acme.ben


async def test_a_database_in_which_people_share_an_address_migrates(acme: Acme, acme_url: str):
    await alembic_runner._run(
        acme_url, lambda connection: command.downgrade(alembic_runner.config(connection), "0005")
    )
    await acme.fetch(SHARE, acme.ben)
    await schema_version.migrate(acme_url)
    await schema_version.check_current(acme_url)
    assert len(await acme.fetch("select from person where email = 'ann@acme.example'")) == 2


PEOPLE = {
    "people": [
        {"id": "P1", "name": "Dana", "email": "dana@acme.example"},
        {"id": "P2", "name": "Eve", "email": "DANA@acme.example"},
        {"id": "P3", "name": "Ann too", "email": "ann@acme.example"},
        {"id": "P4", "name": "Gone", "email": "ann@acme.example", "active": False},
    ]
}


@pytest.mark.parametrize("times", (1, 2))
async def test_a_file_brings_people_in_without_an_address_that_is_taken_and_says_so(acme: Acme, times: int):
    for _ in range(times):
        report = await bring(acme, PEOPLE)
    assert not report.refused
    assert [(row.place, row.severity, row.code) for row in report.rows] == [
        ("people[1] (P2)", "WARNING", "EMAIL_IS_TAKEN"),
        ("people[2] (P3)", "WARNING", "EMAIL_IS_TAKEN"),
    ]
    assert (report.seq is None) == (times == 2)
    rows = await acme.fetch("select name, email from person where external_id like 'small%' order by name")
    assert [(row["name"], row["email"]) for row in rows] == [
        ("Ann too", None),
        ("Dana", "dana@acme.example"),
        ("Eve", None),
        ("Gone", "ann@acme.example"),
    ]


async def test_a_file_may_hand_an_address_on_in_any_order(acme: Acme):
    for first, second in (("a", "b"), ("b", "a")):
        addresses = zip("PQ", (f"{first}@x.example", f"{second}@x.example"), strict=True)
        people = [{"id": id, "name": id, "email": email} for id, email in addresses]
        report = await bring(acme, {"people": people})
        assert not report.rows
    rows = await acme.fetch("select name, email from person where external_id like 'small%' order by name")
    assert [row["email"] for row in rows] == ["b@x.example", "a@x.example"]


async def test_a_backup_brings_back_people_who_share_an_address_and_says_so(acme: Acme):
    await acme.fetch(SHARE, acme.ben)
    backup = json.loads(await exported(acme))
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    report = await bring(beta, backup)
    assert [(row.severity, row.code) for row in report.rows] == [("WARNING", "EMAIL_IS_TAKEN")]
    shared = "select from person where organization_id = $1 and email = 'ann@acme.example'"
    assert len(await acme.fetch(shared, beta.organization.id)) == 2
