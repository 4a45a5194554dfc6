"""Commands that create organisations and create and revoke tokens."""

from datetime import UTC, datetime, timedelta

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.auth.tokens import TokenStore, TokenSummary
from okr_api.store.organizations import all_organizations
from tests.cli.conftest import looked_up, okr_api, process

NEVER_MADE = "0197d1a0-0000-7000-8000-000000000000"


def carrier(url: str, token: str) -> Actor | None:
    """Return the actor of a token, not cached."""
    return looked_up(url, lambda database: TokenStore(database).actor(token.strip()))


def only_token(url: str) -> TokenSummary:
    """Return the only token of the only organisation."""

    async def look(database):
        [organization] = await all_organizations(database)
        [summary] = await TokenStore(database).all(organization.id)
        return summary

    return looked_up(url, look)


def test_a_token_lives_from_its_making_to_its_revocation(database_url):
    made = process(
        "organization",
        "create",
        "Acme",
        "--time-zone",
        "Europe/Berlin",
        "--language",
        "de",
        database_url=database_url,
    )
    [organization] = looked_up(database_url, all_organizations)
    assert (made.returncode, made.stdout) == (0, f"{organization.id}\n")
    said = (organization.name, organization.time_zone, organization.language)
    assert said == ("Acme", "Europe/Berlin", "de")

    words = ("--service", "nightly", "--scope", "read", "--scope", "check_in", "--expires-in", "90d")
    created = process("token", "create", *words, database_url=database_url)
    assert created.returncode == 0
    assert created.stderr.startswith("nightly may read, check_in in Acme, until ")
    token = created.stdout
    actor, summary = carrier(database_url, token), only_token(database_url)
    assert actor is not None
    assert summary.expires_at is not None
    assert (actor.author.name, actor.author.person_id) == ("nightly", None)
    assert actor.scopes == {Scope.READ, Scope.CHECK_IN}
    assert abs(summary.expires_at - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=5)

    listed = okr_api("token", "list", database_url=database_url)
    heads, line = listed.stdout.splitlines()
    assert heads.split() == ["ID", "NAME", "PERSON", "SCOPES", "PRIVATE", "CREATED", "EXPIRES", "STATE"]
    assert line.split()[:5] == [str(summary.id), "nightly", "-", "read,check_in", "-"]
    assert line.split()[-1] == "live"
    assert token.strip() not in listed.output

    revoked = process("token", "revoke", summary.id, database_url=database_url)
    assert (revoked.returncode, revoked.stdout) == (0, "")
    assert carrier(database_url, token) is None
    assert okr_api("token", "list", database_url=database_url).stdout.split()[-1] == "revoked"


def test_a_service_sees_what_is_private_if_its_token_is_made_so(acme_url):
    words = ("--service", "auditor", "--scope", "read", "--sees-private")
    created = okr_api("token", "create", *words, database_url=acme_url)
    actor = carrier(acme_url, created.stdout)
    assert actor is not None
    assert actor.sees_private
    listed = okr_api("token", "list", database_url=acme_url).stdout.splitlines()
    assert [line.split()[4] for line in listed[1:]] == ["-"] * (len(listed) - 2) + ["yes"]


def test_a_token_of_a_person_is_found_by_their_email(acme_url, acme_template):
    words = ("--person", "ann@acme.example", "--scope", "admin")
    created = okr_api("token", "create", *words, database_url=acme_url)
    assert created.stderr == "ann@acme.example may admin in Acme, until it is revoked.\n"
    actor = carrier(acme_url, created.stdout)
    assert actor is not None
    assert (actor.author.name, actor.author.person_id) == ("Ann", acme_template[1].ann)


def test_a_token_that_allows_more_than_its_person_may_is_made_and_says_so(acme_url):
    words = ("--person", "ben@acme.example", "--scope", "admin")
    created = okr_api("token", "create", *words, database_url=acme_url)
    assert created.exit_code == 0
    assert created.stderr.splitlines() == [
        "ben@acme.example may admin in Acme, until it is revoked.",
        "But their role MEMBER allows less, until an admin changes it.",
    ]
    actor = carrier(acme_url, created.stdout)
    assert actor is not None
    assert (actor.may(Scope.WRITE), actor.may(Scope.ADMIN)) == (True, False)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    (
        (("--person", "dora"), 1, "Error: There is no person 'dora'"),
        (("--service", "bot", "--organization", "Emca"), 1, "Error: There is no organisation 'Emca'"),
        (("--service", " "), 2, "Error: A token needs a name"),
    ),
)
def test_a_token_that_cannot_be_made_is_refused(acme_url, words, code, sentence):
    before = okr_api("token", "list", database_url=acme_url).stdout
    ended = okr_api("token", "create", "--scope", "read", *words, database_url=acme_url)
    assert (ended.exit_code, ended.stdout) == (code, "")
    assert ended.stderr.startswith(sentence)
    assert okr_api("token", "list", database_url=acme_url).stdout == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    (
        (("--scope", "read"), "either --person or --service"),
        (("--person", "ann", "--scope", "read", "--sees-private"), "--sees-private is for a service"),
        (("--service", "bot", "--person", "ann", "--scope", "read"), "either --person or --service"),
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
    ended = okr_api("token", "create", *words)
    assert ended.exit_code == 2
    assert sentence in ended.stderr


def test_with_several_organisations_one_has_to_be_named(acme_url, acme_template):
    acme = acme_template[1].organization
    assert okr_api("organization", "create", "Emca", database_url=acme_url).exit_code == 0
    asked = okr_api("token", "list", database_url=acme_url)
    assert asked.exit_code == 2
    assert "There are 2 organisations; choose one with --organization: Acme, Emca" in asked.stderr
    for named in ("Acme", acme.id):
        assert okr_api("token", "list", "--organization", named, database_url=acme_url).exit_code == 0

    twin = okr_api("organization", "create", "Acme", database_url=acme_url).stdout.strip()
    asked = okr_api("token", "list", "--organization", "Acme", database_url=acme_url)
    assert asked.exit_code == 2
    assert f"use the id: {acme.id}, {twin}" in asked.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    ((("Acme", "--time-zone", "Mars/Olympus"), "is not an IANA time zone"), ((" ",), "name has 1 to 500")),
)
def test_an_organisation_that_cannot_be_is_not_made(database_url, words, sentence):
    ended = okr_api("organization", "create", *words, database_url=database_url)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert sentence in ended.stderr
    assert looked_up(database_url, all_organizations) == []


def test_without_an_organisation_the_next_step_is_told(database_url):
    ended = okr_api("token", "list", database_url=database_url)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "okr-api organization create NAME" in ended.stderr


def test_revoking_what_is_not_there_is_answered_with_no(acme_url):
    ended = okr_api("token", "revoke", NEVER_MADE, database_url=acme_url)
    assert (ended.exit_code, ended.stderr) == (1, "Error: There is no such token\n")
