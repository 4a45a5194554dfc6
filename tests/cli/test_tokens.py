"""Organisations and tokens, as an operator makes and ends them."""

from datetime import UTC, datetime, timedelta

import pytest

from okr_api.identity.actor import Scope
from okr_api.identity.tokens import Tokens
from okr_api.store.organizations import all_organizations
from tests.cli.conftest import misused, okr_api


async def test_a_token_lives_from_its_making_to_its_revocation(database, database_url):
    made = okr_api(
        "organization", "create", "Acme", "--time-zone", "Europe/Berlin", database_url=database_url
    )
    assert made.returncode == 0
    [organization] = await all_organizations(database)
    assert (organization.name, organization.time_zone) == ("Acme", "Europe/Berlin")
    assert made.stdout == f"{organization.id}\n"

    created = okr_api(
        "token", "create", "--service", "nightly", "--scope", "read", "--scope", "check_in",
        "--expires-in", "90d", database_url=database_url,
    )  # fmt: skip
    assert created.returncode == 0
    assert created.stderr.startswith("nightly may read, check_in in Acme, until ")
    token = created.stdout.strip()
    actor = await Tokens(database).actor(token)
    assert actor is not None
    assert (actor.author.name, actor.author.person_id) == ("nightly", None)
    assert actor.scopes == {Scope.READ, Scope.CHECK_IN}
    [summary] = await Tokens(database).all(organization.id)
    assert summary.expires_at is not None
    assert abs(summary.expires_at - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=5)

    listed = okr_api("token", "list", database_url=database_url)
    assert listed.returncode == 0
    assert token not in listed.stdout
    heads, line = listed.stdout.splitlines()
    assert heads.split() == ["ID", "NAME", "PERSON", "SCOPES", "CREATED", "EXPIRES", "STATE"]
    assert line.split()[:4] == [str(summary.id), "nightly", "-", "read,check_in"]
    assert line.split()[-1] == "live"

    revoked = okr_api("token", "revoke", summary.id, database_url=database_url)
    assert (revoked.returncode, revoked.stdout) == (0, "")
    assert await Tokens(database).actor(token) is None
    assert okr_api("token", "list", database_url=database_url).stdout.split()[-1] == "revoked"


async def test_a_token_of_a_person_is_found_by_their_email(acme, acme_url):
    created = okr_api(
        "token", "create", "--person", "ann@acme.example", "--scope", "admin", database_url=acme_url
    )
    assert created.returncode == 0
    assert created.stderr == "ann@acme.example may admin in Acme, until it is revoked.\n"
    actor = await Tokens(acme.database).actor(created.stdout.strip())
    assert actor is not None
    assert (actor.author.name, actor.author.person_id) == ("Ann", acme.ann)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    (
        (("--person", "dora"), 1, "Error: There is no person 'dora'"),
        (("--service", "bot", "--organization", "Emca"), 1, "Error: There is no organisation 'Emca'"),
        (("--service", " "), 2, "Error: A token needs a name"),
    ),
)
async def test_a_token_that_cannot_be_made_is_refused_and_nothing_made(acme, acme_url, words, code, sentence):
    before = await acme.tables()
    ended = okr_api("token", "create", "--scope", "read", *words, database_url=acme_url)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith(sentence)
    assert await acme.tables() == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    (
        (("--scope", "read"), "--person or --service, one of the two"),
        (("--service", "bot", "--person", "ann", "--scope", "read"), "--person or --service, one of the two"),
        (("--service", "bot"), "Missing option '--scope'"),
        (("--service", "bot", "--scope", "root"), "'root' is not one of"),
        (
            ("--service", "bot", "--scope", "read", "--expires-in", "soon"),
            "is not a span of time such as 90d",
        ),
        (("--service", "bot", "--scope", "read", "--expires-in", "0d"), "is not a span of time such as 90d"),
        (("--service", "bot", "--scope", "read", "--expires-in", "99999w"), "is more than ten years"),
    ),
)
def test_a_token_that_is_asked_for_wrongly_is_explained(words, sentence):
    ended = misused("token", "create", *words)
    assert ended.exit_code == 2
    assert sentence in ended.stderr


async def test_with_several_organisations_one_has_to_be_named(acme, acme_url):
    assert okr_api("organization", "create", "Emca", database_url=acme_url).returncode == 0
    asked = okr_api("token", "list", database_url=acme_url)
    assert asked.returncode == 2
    assert "There are 2 organisations; say which with --organization: Acme, Emca" in asked.stderr
    for named in ("Acme", acme.organization.id):
        assert okr_api("token", "list", "--organization", named, database_url=acme_url).returncode == 0

    twin = okr_api("organization", "create", "Acme", database_url=acme_url).stdout.strip()
    asked = okr_api("token", "list", "--organization", "Acme", database_url=acme_url)
    assert asked.returncode == 2
    assert f"say the id: {acme.organization.id}, {twin}" in asked.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    ((("Acme", "--time-zone", "Mars/Olympus"), "is not an IANA time zone"), ((" ",), "name has 1 to 500")),
)
async def test_an_organisation_that_cannot_be_is_not_made(database, database_url, words, sentence):
    ended = okr_api("organization", "create", *words, database_url=database_url)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert sentence in ended.stderr
    assert await all_organizations(database) == []


def test_revoking_what_is_not_there_is_answered_with_no(acme_url):
    ended = okr_api("token", "revoke", "0197d1a0-0000-7000-8000-000000000000", database_url=acme_url)
    assert (ended.returncode, ended.stderr) == (1, "Error: There is no such token\n")
