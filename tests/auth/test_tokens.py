"""Tokens: shown once, stored as a hash, ended by time, by revocation and with their person."""

import asyncio
import string
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.auth.cached_lookup import TOKEN_CACHE_TTL_S
from okr_api.auth.tokens import (
    ALPHABET,
    MAX_TOKEN_LENGTH,
    TokenStore,
    hash_token,
    new_token,
)
from okr_api.okr.author import Author
from okr_api.okr.errors import InvalidInput, NotFound, PersonIsRemoved
from okr_api.okr.policy import Role
from okr_api.services import organization
from okr_api.store.database import Database
from tests.acme import Acme, Workplace


def test_a_token_has_a_prefix_43_random_characters_and_a_checksum_of_them():
    made = {new_token() for _ in range(200)}
    assert len(made) == 200
    for token in made:
        secret, checksum = token[4:47], token[47:]
        assert (token[:4], len(token)) == ("okr_", 53)
        assert set(secret) <= set(string.digits + string.ascii_letters)
        number = 0
        for digit in checksum:
            number = number * 62 + ALPHABET.index(digit)
        assert number == zlib.crc32(secret.encode())


async def test_only_the_hash_of_a_token_is_stored(acme: Acme):
    token = await acme.tokens.create(acme.organization.id, name="job", scopes=[Scope.READ])
    rows = await acme.fetch("select token_hash, every::text as whole from token every where name = 'job'")
    assert [row["token_hash"] for row in rows] == [sha256(token.encode()).digest()]
    assert token[4:47] not in str(await acme.tables())


async def test_a_token_tells_who_asks_for_which_organisation_and_what_they_may(acme: Acme):
    service = await acme.tokens.create(acme.organization.id, name=" job ", scopes=[Scope.CHECK_IN])
    person = await acme.tokens.create(acme.organization.id, name="laptop", scopes=[Scope.WRITE], person="ben")
    ids = {row["name"]: row["id"] for row in await acme.fetch("select id, name from token")}
    assert await acme.tokens.actor(service) == Actor(
        acme.organization.id, ids["job"], Author("job"), frozenset({Scope.CHECK_IN})
    )
    assert await acme.tokens.actor(person) == Actor(
        acme.organization.id, ids["laptop"], Author("Ben", acme.ben), frozenset({Scope.WRITE}), Role.MEMBER
    )


@pytest.mark.parametrize("person", ("ben", "ben@acme.example", "id"))
async def test_a_person_is_named_by_id_external_id_or_email(acme: Acme, person: str):
    name = str(acme.ben) if person == "id" else person
    actor = await acme.tokens.actor(
        await acme.tokens.create(acme.organization.id, name="t", scopes=[Scope.READ], person=name)
    )
    assert actor is not None
    assert (actor.author, actor.owner) == (Author("Ben", acme.ben), f"person:{acme.ben}")


async def test_an_email_that_two_people_share_names_neither(acme: Acme):
    bea = await acme.person("Bea")
    await acme.fetch("update person set email = 'BEN@acme.example' where id = $1", bea)
    with pytest.raises(InvalidInput, match="more than one"):
        await acme.tokens.create(
            acme.organization.id, name="t", scopes=[Scope.READ], person="ben@acme.example"
        )


@pytest.mark.parametrize(
    ("inputs", "refusal"),
    (
        ({"name": "", "scopes": [Scope.READ]}, InvalidInput),
        ({"name": " " * 9, "scopes": [Scope.READ]}, InvalidInput),
        ({"name": "x" * 201, "scopes": [Scope.READ]}, InvalidInput),
        ({"name": "t", "scopes": []}, InvalidInput),
        ({"name": "t", "scopes": [Scope.READ], "person": "nobody"}, NotFound),
        ({"name": "t", "scopes": [Scope.READ], "person": "cem"}, PersonIsRemoved),
    ),
)
async def test_what_makes_no_token_is_refused(
    acme: Acme, inputs: dict[str, object], refusal: type[Exception]
):
    await acme.done(organization.remove_person, person="cem")
    before = await acme.tables()
    with pytest.raises(refusal):
        await acme.tokens.create(acme.organization.id, **inputs)  # type: ignore[arg-type]
    assert await acme.tables() == before


async def test_a_person_of_another_organisation_gets_no_token_here(acme: Acme):
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    for person in (str(acme.ben), "ben", "ben@acme.example"):
        with pytest.raises(NotFound):
            await beta.tokens.create(beta.organization.id, name="t", scopes=[Scope.READ], person=person)


async def test_unknown_mistyped_and_overlong_tokens_are_nobodys(resting: Acme):
    token = resting.token
    for wrong in ("", "okr_", token[:-1], token + "0", token.swapcase(), "x" * 501, token + "x" * 500, "é"):
        assert await TokenStore(resting.database).actor(wrong) is None


async def test_a_token_ends_at_its_time(acme: Acme):
    async def ending(at: datetime) -> Actor | None:
        token = await acme.tokens.create(acme.organization.id, name="t", scopes=[Scope.READ], expires_at=at)
        return await TokenStore(acme.database).actor(token)

    now = datetime.now(UTC)
    assert await ending(now + timedelta(minutes=1)) is not None
    assert await ending(now - timedelta(seconds=1)) is None


async def test_a_revoked_token_is_nobodys_at_once_here_and_soon_elsewhere(acme: Acme):
    token = await acme.tokens.create(acme.organization.id, name="job", scopes=[Scope.READ])
    elsewhere = TokenStore(acme.database)
    actor = await acme.tokens.actor(token)
    assert await elsewhere.actor(token) == actor is not None
    assert actor is not None
    await acme.tokens.revoke(acme.organization.id, actor.token_id)
    assert await acme.tokens.actor(token) is None
    assert await TokenStore(acme.database).actor(token) is None
    assert TOKEN_CACHE_TTL_S == 2.0
    [known] = elsewhere._known.items()
    elsewhere._known[known[0]] = (0.0, known[1][1])  # as two seconds later
    assert await elsewhere.actor(token) is None


async def test_many_tokens_are_looked_up_by_one_statement_and_known_ones_by_none(acme: Acme):
    mine = [
        await acme.tokens.create(acme.organization.id, name=f"t{n}", scopes=[Scope.READ]) for n in range(3)
    ]
    asked = [*mine, new_token(), "x" * (MAX_TOKEN_LENGTH + 1), ""]
    statements: list[str] = []
    async with Database.open(acme.database.dsn, most_connections=1) as database:
        async with database.across() as connection:
            connection.add_query_logger(lambda query: statements.append(query.query))
        tokens = TokenStore(database)
        found = await tokens.actors(asked)
        assert sum("token_hash" in text for text in statements) == 1
        assert await tokens.actors([*reversed(asked)]) == found
        assert await tokens.actors([]) == {}
        assert sum("token_hash" in text for text in statements) == 1
    assert [actor and actor.author.name for actor in found.values()] == ["t0", "t1", "t2", None, None, None]


async def test_revoking_again_keeps_the_first_instant_and_another_tenants_token_is_not_found(acme: Acme):
    await acme.tokens.create(acme.organization.id, name="job", scopes=[Scope.READ])
    [row] = await acme.fetch("select id from token where name = 'job'")
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    for tenant, id in ((beta.organization.id, row["id"]), (acme.organization.id, UUID(int=1))):
        with pytest.raises(NotFound):
            await acme.tokens.revoke(tenant, id)
    await acme.tokens.revoke(acme.organization.id, row["id"])
    first = await acme.row("token", row["id"])
    await acme.tokens.revoke(acme.organization.id, row["id"])
    assert await acme.row("token", row["id"]) == first
    assert first["revoked_at"] is not None


async def test_the_tokens_of_somebody_who_left_are_dead(acme: Acme):
    token = await acme.tokens.create(acme.organization.id, name="t", scopes=[Scope.ADMIN], person="ben")
    await acme.done(organization.remove_person, person="ben")
    assert await TokenStore(acme.database).actor(token) is None


async def test_the_list_shows_all_but_the_secret_and_only_ones_own_organisation(acme: Acme):
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    token = await acme.tokens.create(
        acme.organization.id, name="t", scopes=[Scope.READ, Scope.WRITE], person="ben"
    )
    listed = await acme.tokens.all(acme.organization.id)
    assert [(each.name, each.person, each.scopes) for each in listed] == [
        ("tests", None, ("admin",)),
        ("read", None, ("read",)),
        ("check_in", None, ("check_in",)),
        ("write", None, ("write",)),
        ("admin", None, ("admin",)),
        ("Ann", "Ann", ("admin",)),
        ("t", "Ben", ("read", "write")),
    ]
    assert token not in repr(listed)
    assert hash_token(token).hex() not in repr(listed)
    assert [each.name for each in await acme.tokens.all(beta.organization.id)] == ["tests"]


@pytest.mark.parametrize("held", Scope)
def test_a_scope_includes_those_before_it_and_none_after(held: Scope):
    order = list(Scope)
    actor = Actor(UUID(int=1), UUID(int=2), Author("a"), frozenset({held}))
    assert [actor.may(scope) for scope in order] == [
        order.index(scope) <= order.index(held) for scope in order
    ]
    assert actor.visibility.drafts is (held in (Scope.WRITE, Scope.ADMIN))


def test_no_scope_is_nothing_and_several_are_the_highest():
    nobody = Actor(UUID(int=1), UUID(int=2), Author("a"), frozenset())
    assert not any(nobody.may(scope) for scope in Scope)
    mixed = Actor(UUID(int=1), UUID(int=2), Author("a"), frozenset({Scope.READ, Scope.WRITE}))
    assert [mixed.may(scope) for scope in Scope] == [True, True, True, False]


async def test_many_lookups_at_once_take_few_statements(acme: Acme, monkeypatch: pytest.MonkeyPatch):
    made = [await acme.tokens.create(acme.organization.id, name="job", scopes=[Scope.READ]) for _ in range(3)]
    tokens, statements, rows = TokenStore(acme.database), list[int](), TokenStore._rows

    async def counted(self: TokenStore, hashes: Any) -> list[Any]:
        statements.append(len(hashes))
        return await rows(self, hashes)

    monkeypatch.setattr(TokenStore, "_rows", counted)
    asked = [*made * 50, *(new_token() for _ in range(200))]
    actors = await asyncio.gather(*(tokens.actor(one) for one in asked))
    assert len({actor.token_id for actor in actors[:150] if actor}) == 3
    assert all(actors[:150])
    assert not any(actors[150:])
    assert len(statements) <= 3  # instead of one for each lookup
    assert sum(statements) <= len(set(asked)) + 1


async def test_a_lookup_that_is_given_up_leaves_the_others(acme: Acme):
    token = await acme.tokens.create(acme.organization.id, name="job", scopes=[Scope.READ])
    tokens = TokenStore(acme.database)
    given_up, other = asyncio.create_task(tokens.actor(token)), asyncio.create_task(tokens.actor(token))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await other is not None
    assert given_up.cancelled()
