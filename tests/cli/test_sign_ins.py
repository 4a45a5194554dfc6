"""Commands that link people to the subjects with which they sign in."""

import pytest

from okr_api.auth.sign_ins import list_sign_ins
from okr_api.store.organizations import all_organizations
from tests.cli.conftest import looked_up, okr_api, process

ISSUER = "https://login.example.com"
NEVER_MADE = "0197d1a0-0000-7000-8000-000000000000"


def sign_ins(url: str):
    """Return the sign-ins of the only organisation."""

    async def look(database):
        [organization] = await all_organizations(database)
        return await list_sign_ins(database, organization.id)

    return looked_up(url, look)


def test_a_person_is_linked_listed_and_unlinked(acme_url):
    words = ("--person", "ann@acme.example", "--subject", "s-1")
    linked = process(
        "sign-in", "link", *words, database_url=acme_url, oidc_issuer=ISSUER, oidc_audience="okr"
    )
    [made] = sign_ins(acme_url)
    assert (linked.returncode, linked.stdout) == (0, f"{made.id}\n")
    assert linked.stderr == f"ann@acme.example signs in to Acme by {ISSUER}.\n"
    assert (made.person, made.issuer, made.subject, made.active) == ("Ann", ISSUER, "s-1", True)

    listed = okr_api("sign-in", "list", database_url=acme_url)
    heads, line = listed.stdout.splitlines()
    assert heads.split() == ["ID", "PERSON", "ISSUER", "SUBJECT", "CREATED", "STATE"]
    assert line.split()[:4] == [str(made.id), "Ann", ISSUER, "s-1"]
    assert line.split()[-1] == "live"

    unlinked = okr_api("sign-in", "unlink", made.id, database_url=acme_url)
    assert (unlinked.exit_code, unlinked.stdout) == (0, "")
    assert sign_ins(acme_url) == []


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    (
        (("link", "--person", "dora", "--subject", "s"), 1, "Error: There is no person 'dora'"),
        (("link", "--person", "ben", "--subject", "s-1"), 1, "Error: The subject, or the person, is linked"),
        (("link", "--person", "ann", "--subject", "s-2"), 1, "Error: The subject, or the person, is linked"),
        (("link", "--person", "ben", "--subject", ""), 2, "Error: A subject has 1 to 255 characters"),
        (("unlink", NEVER_MADE), 1, "Error: There is no such sign-in"),
    ),
)
def test_a_link_that_cannot_be_made_or_undone_is_refused(acme_url, words, code, sentence):
    first = ("link", "--person", "ann", "--subject", "s-1", "--issuer", ISSUER)
    assert okr_api("sign-in", *first, database_url=acme_url).exit_code == 0
    before = sign_ins(acme_url)
    more = ("--issuer", ISSUER) if words[0] == "link" else ()
    ended = okr_api("sign-in", *words, *more, database_url=acme_url)
    assert (ended.exit_code, ended.stdout) == (code, "")
    assert ended.stderr.startswith(sentence)
    assert sign_ins(acme_url) == before


def test_without_an_issuer_nobody_is_linked():
    ended = okr_api("sign-in", "link", "--person", "ann", "--subject", "s-1")
    assert ended.exit_code == 2
    assert "Give --issuer, or set OKR_OIDC_ISSUER." in ended.stderr
