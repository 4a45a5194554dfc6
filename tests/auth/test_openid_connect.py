"""JSON Web Tokens of a real provider on this machine: who signs in, and what is rejected."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from okr_api.auth import openid_connect
from okr_api.auth.actor import Actor, Scope
from okr_api.auth.authenticator import Authenticator, authenticating
from okr_api.auth.identity_provider import MAX_SUBJECT_CHARACTERS, IdentityProvider, is_json_web_token
from okr_api.auth.openid_connect import (
    CLOCK_LEEWAY_S,
    MAX_JSON_WEB_TOKEN_CHARACTERS,
    TokenVerifier,
)
from okr_api.auth.provider_keys import (
    KEYS_TTL_S,
    MAX_KEYS_AGE_S,
    PROVIDER_RETRY_S,
    UNKNOWN_KEY_INTERVAL_S,
    ProviderKeys,
)
from okr_api.auth.sign_ins import link_subject, list_sign_ins, unlink_subject
from okr_api.auth.token_rejection import ProviderUnavailable, SignInRejected, TokenRejected
from okr_api.okr.author import Author
from okr_api.okr.errors import AlreadyExists, InvalidInput, NotFound
from okr_api.okr.policy import Role
from okr_api.services import organization
from tests.acme import Acme, Workplace
from tests.auth.identity_provider import (
    AUDIENCE,
    TestProvider,
    provider_running,
    signed_with_secret,
    unsigned,
)

ROWS = "select issuer, subject, person_id from sign_in order by subject"


@pytest.fixture
def provider() -> Iterator[TestProvider]:
    with provider_running() as running:
        yield running


@pytest.fixture
async def signing_in(acme: Acme, provider: TestProvider) -> AsyncIterator[Authenticator]:
    async with opened(acme, provider) as authenticator:
        yield authenticator


@asynccontextmanager
async def opened(
    acme: Acme, provider: TestProvider, *, links_emails: bool = True, organization: str | None = None
) -> AsyncIterator[Authenticator]:
    """Open the lookup of a new process."""
    configured = IdentityProvider(provider.issuer, (AUDIENCE, "okr-cli"), links_emails, organization)
    async with authenticating(acme.database, configured) as made:
        assert isinstance(made, Authenticator)
        yield made


class Clock:
    """Seconds that stand still until a test moves them."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def with_clock(authenticator: Authenticator) -> Clock:
    """Hand a clock to the cache of keys."""
    clock = authenticator.verifier.keys.clock = Clock(1_000.0)
    return clock


async def rows(acme: Acme) -> list[tuple[Any, ...]]:
    async with acme.database.across() as connection:
        return [tuple(row) for row in await connection.fetch(ROWS)]


async def reason(authenticator: Authenticator, token: str) -> str:
    """Return why a token is rejected."""
    with pytest.raises(TokenRejected) as rejected:
        await authenticator.actor(token)
    assert (await authenticator.actors([token])) == {token: None}
    return rejected.value.message


async def test_a_person_signs_in_by_a_verified_email_and_then_by_the_subject(
    acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    token = await provider.sign_in("s-ann")
    actor = await signing_in.actor(token)
    [sign_in] = await list_sign_ins(acme.database, acme.organization.id)
    assert actor == Actor(
        acme.organization.id, sign_in.id, Author("Ann", acme.ann), frozenset({Scope.ADMIN}), Role.ADMIN
    )
    assert await rows(acme) == [(provider.issuer, "s-ann", acme.ann)]
    await acme.done(organization.edit_person, person="ann", edits={"email": "a@acme.example"})
    async with opened(acme, provider, links_emails=False) as elsewhere:
        again = await elsewhere.actor(await provider.sign_in("s-ann"))
    assert again == actor
    assert len(await rows(acme)) == 1


async def test_scopes_and_role_are_those_of_the_person_and_never_those_of_the_token(
    acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    claims = provider.claims("s-ben", scope="admin write", role="ADMIN", roles=["ADMIN"], scopes=["admin"])
    actor = await signing_in.actor(provider.signed(claims))
    assert actor
    assert actor.role is Role.MEMBER
    assert actor.scopes == {Scope.WRITE}
    await acme.done(organization.edit_person, person="ben", edits={"role": Role.VIEWER})
    signing_in.forget()
    actor = await signing_in.actor(provider.signed(claims))
    assert actor
    assert actor.role is Role.VIEWER
    assert actor.scopes == {Scope.READ}


async def test_api_tokens_are_accepted_as_before(acme: Acme, signing_in: Authenticator):
    known = await acme.tokens.actor(acme.token)
    assert known is not None
    assert await signing_in.actor(acme.token) == known
    assert await signing_in.actor("okr_unknown") is None
    assert await signing_in.actors([acme.token, "okr_unknown"]) == {acme.token: known, "okr_unknown": None}


async def test_a_token_of_every_algorithm_that_is_accepted_signs_in(
    acme: Acme, provider: TestProvider, monkeypatch: pytest.MonkeyPatch
):
    made: dict[str, Any] = {
        "RS": provider.key,
        "PS": provider.key,
        "ES256": ECKey.generate_key("P-256"),
        "ES384": ECKey.generate_key("P-384"),
        "ES512": ECKey.generate_key("P-521"),
        "Ed25519": OKPKey.generate_key("Ed25519"),
    }
    published = [
        {**made[name].as_dict(private=False), "kid": name, "use": "sig"}
        for name in ("RS", "ES256", "ES384", "ES512", "Ed25519")
    ]
    monkeypatch.setitem(provider.app.view_functions, "oidc-provider-mock.jwks", lambda: {"keys": published})
    async with opened(acme, provider) as authenticator:
        for algorithm in openid_connect.ALGORITHMS:
            key = made.get(algorithm) or made[algorithm[:2]]
            kid = algorithm if algorithm in made else "RS"
            actor = await authenticator.actor(provider.signed(key=key, algorithm=algorithm, kid=kid))
            assert actor
            assert actor.author.person_id == acme.ann
    assert provider.gets == {"/.well-known/openid-configuration": 1, "/jwks": 1}


def bad_tokens(provider: TestProvider) -> dict[str, tuple[str, str]]:
    """Return tokens by what is wrong, with the message that says so."""
    now, claims, signed = int(time.time()), provider.claims, provider.signed
    accepted = f"accepted are {', '.join(openid_connect.ALGORITHMS)}"
    beyond = CLOCK_LEEWAY_S + 5
    other = "The token is not an access token or an ID token"
    return {
        "none": (unsigned(claims()), f"The token is signed with 'none'; {accepted}"),
        "HS256 with the public key": (
            signed_with_secret(claims(), provider.key.as_pem(private=False)),
            f"The token is signed with 'HS256'; {accepted}",
        ),
        "another audience": (signed(claims(aud=["mail"])), "The token is for another audience"),
        "no audience": (signed(claims(aud=None)), "The token lacks a claim: aud"),
        "another issuer": (signed(claims(iss="https://evil.example")), "The token is of another issuer"),
        "a slash more": (signed(claims(iss=f"{provider.issuer}/")), "The token is of another issuer"),
        "expired": (signed(claims(exp=now - beyond)), "The token has expired"),
        "never expires": (signed(claims(exp=None)), "The token lacks a claim: exp"),
        "expires in words": (
            signed(claims(exp="tomorrow")),
            "The time at which the token expires is not a number",
        ),
        "not yet valid": (signed(claims(nbf=now + beyond)), "The token is not valid yet"),
        "issued in the future": (signed(claims(iat=now + beyond)), "The token was issued in the future"),
        "issued never": (signed(claims(iat=None)), "The token lacks a claim: iat"),
        "nobody": (signed(claims(sub=None)), "The token lacks a claim: sub"),
        "a number": (signed(claims(sub=7)), "The subject of the token is not a text"),
        "a subject too long": (
            signed(claims(sub="s" * (MAX_SUBJECT_CHARACTERS + 1))),
            f"The subject of the token has more than {MAX_SUBJECT_CHARACTERS} characters",
        ),
        "signed by another": (signed(key=RSAKey.generate_key()), "The signature of the token is wrong"),
        "of an unknown key": (
            signed(kid="k"),
            "The token is signed with a key that the identity provider does not publish",
        ),
        "a logout": (signed(typ="logout+jwt"), other),
        "with extensions": (unsigned(claims(), alg="RS256", crit=["b64"], b64=True), other),
        "no JSON": ("eyJhbGciOiJSUzI1NiJ9.bm9uZQ.c2lnbmVk", "The token is not a signed JSON Web Token"),
        "too long": (
            f"eyJ.{'a' * MAX_JSON_WEB_TOKEN_CHARACTERS}.c",
            f"The token has more than {MAX_JSON_WEB_TOKEN_CHARACTERS} characters",
        ),
    }


async def test_a_bad_token_is_rejected_with_its_own_reason_and_nothing_is_changed(
    acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    head = await acme.seq()
    wrong = bad_tokens(provider)
    said = {name: await reason(signing_in, token) for name, (token, _) in wrong.items()}
    assert said == {name: message for name, (_, message) in wrong.items()}
    assert await rows(acme) == []
    assert await acme.seq() == head
    assert await signing_in.actor(provider.signed()) is not None


async def test_clocks_may_differ_by_the_leeway(acme: Acme, provider: TestProvider, signing_in: Authenticator):
    now = int(time.time())
    clock = signing_in.verifier.clock = Clock(now)
    early = provider.signed(provider.claims(nbf=now + CLOCK_LEEWAY_S, iat=now + CLOCK_LEEWAY_S))
    assert await signing_in.actor(early) is not None
    late = provider.signed(provider.claims(exp=now + 10))
    clock.now = now + 10 + CLOCK_LEEWAY_S - 1
    assert await signing_in.actor(late) is not None
    clock.now += 1
    assert await reason(signing_in, late) == "The token has expired"
    assert await reason(signing_in, late) == "The token has expired"  # no longer cached


@given(st.text("eyJ.-_ aA0\n", max_size=60) | st.binary(max_size=40).map(lambda text: f"eyJ{text.hex()}.a.b"))
async def test_no_text_is_more_than_rejected(text: str):
    verifier = TokenVerifier(
        IdentityProvider("https://login.example", (AUDIENCE,)), ProviderKeys("https://login.example")
    )
    if is_json_web_token(text):
        with pytest.raises(TokenRejected):
            await verifier.verify(text)


async def test_a_deeply_nested_token_is_rejected(provider: TestProvider, signing_in: Authenticator):
    nested = unsigned({}).split(".")[0] + "." + "W1tb" * 900 + ".c"
    assert await reason(signing_in, nested) == "The token is not a signed JSON Web Token"


@pytest.mark.parametrize(
    ("changes", "message"),
    (
        (
            {"email_verified": False},
            "The identity provider has not verified the e-mail address, and no person is linked to the subject",
        ),
        (
            {"email_verified": "true"},
            "The identity provider has not verified the e-mail address, and no person is linked to the subject",
        ),
        (
            {"email": "dora@acme.example"},
            "No person has the e-mail address of the token, and none is linked to its subject",
        ),
        (
            {"email": None},
            "No person is linked to the subject of the token; an operator does it: okr-api sign-in link",
        ),
    ),
)
async def test_who_is_nobody_is_told_why(
    changes: Any, message: str, acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    token = provider.signed(provider.claims(**changes))
    assert await reason(signing_in, token) == message
    assert await reason(signing_in, token) == message  # from the cache
    assert await rows(acme) == []


async def test_two_people_with_the_address_are_told_apart_by_the_organisation(
    acme: Acme, provider: TestProvider
):
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    made = await beta.done(organization.add_person, name="Ann B", email="ANN@acme.example")
    token = provider.signed()
    async with opened(acme, provider) as authenticator:
        several = "Several people have the e-mail address of the token; an operator links one of them to the subject"
        assert await reason(authenticator, token) == several
        assert await rows(acme) == []
    async with opened(acme, provider, organization="Beta") as authenticator:
        actor = await authenticator.actor(token)
        assert actor
        assert (actor.organization_id, actor.author.person_id) == (beta.organization.id, made)
    assert await rows(acme) == [(provider.issuer, "s-ann", made)]


async def test_another_subject_does_not_take_over_a_person_by_their_address(
    acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    assert await signing_in.actor(provider.signed()) is not None
    other = provider.signed(provider.claims("s-new", email="ann@acme.example"))
    taken = "The person with the e-mail address of the token signs in with another subject"
    assert await reason(signing_in, other) == taken
    assert await rows(acme) == [(provider.issuer, "s-ann", acme.ann)]


async def test_without_the_setting_an_operator_links_people(acme: Acme, provider: TestProvider):
    async with opened(acme, provider, links_emails=False) as authenticator:
        token = provider.signed()
        nobody = "No person is linked to the subject of the token; an operator does it: okr-api sign-in link"
        assert await reason(authenticator, token) == nobody
        names = {"issuer": provider.issuer, "subject": "s-ann"}
        id = await link_subject(acme.database, acme.organization.id, **names, person="ben")
        authenticator.forget()
        actor = await authenticator.actor(token)
        assert actor
        assert (actor.token_id, actor.author.person_id) == (id, acme.ben)
        with pytest.raises(AlreadyExists):
            await link_subject(acme.database, acme.organization.id, **names, person="cem")
        with pytest.raises(InvalidInput):
            await link_subject(
                acme.database, acme.organization.id, issuer=provider.issuer, subject="", person="cem"
            )
        await unlink_subject(acme.database, acme.organization.id, id)
        authenticator.forget()
        assert await reason(authenticator, token) == nobody
        with pytest.raises(NotFound):
            await unlink_subject(acme.database, acme.organization.id, id)


async def test_a_person_who_has_left_is_rejected(
    acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    token = provider.signed(provider.claims("s-cem"))
    assert await signing_in.actor(token) is not None
    await acme.done(organization.remove_person, person="cem")
    signing_in.forget()
    with pytest.raises(SignInRejected, match="The person who signs in with this subject has left"):
        await signing_in.actor(token)
    assert await signing_in.actors([token]) == {token: None}


async def test_many_first_sign_ins_at_once_fetch_the_keys_once_and_make_one_link(
    acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    tokens = [provider.signed(provider.claims(jti=str(number))) for number in range(30)]
    actors = await asyncio.gather(*(signing_in.actor(token) for token in tokens))
    assert len({actor.token_id for actor in actors if actor}) == 1
    assert all(actors)
    assert provider.gets == {"/.well-known/openid-configuration": 1, "/jwks": 1}
    assert len(await rows(acme)) == 1


@pytest.mark.parametrize("kid", ("named", None))
async def test_a_new_key_is_fetched_at_once_and_the_withdrawn_one_verifies_nothing_any_more(
    kid: str | None, acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    def named() -> dict[str, Any]:
        return {"kid": provider.key.kid} if kid else {}

    former = provider.signed(**named())
    assert await signing_in.actor(former) is not None
    provider.rotate()
    assert await signing_in.actor(provider.signed(**named())) is not None
    assert provider.gets["/jwks"] == 2
    assert await signing_in.actors([former]) == {former: None}


async def test_unknown_key_ids_fetch_keys_at_most_once_in_the_interval(
    provider: TestProvider, signing_in: Authenticator
):
    clock = with_clock(signing_in)
    message = "The token is signed with a key that the identity provider does not publish"
    for number in range(20):
        assert await reason(signing_in, provider.signed(kid=f"k{number}")) == message
    assert provider.gets["/jwks"] == 2  # the first, and one for an unknown id
    clock.now += UNKNOWN_KEY_INTERVAL_S
    assert await reason(signing_in, provider.signed(kid="k")) == message
    assert provider.gets["/jwks"] == 3


async def test_stale_keys_are_used_while_the_provider_is_down(
    acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    clock, keys = with_clock(signing_in), signing_in.verifier.keys
    assert await signing_in.actor(provider.signed()) is not None
    provider.stop()
    clock.now += KEYS_TTL_S + 1
    assert await signing_in.actor(provider.signed(provider.claims(jti="2"))) is not None
    assert keys._fetching is not None
    await keys._fetching  # it fails in the background
    clock.now += MAX_KEYS_AGE_S - KEYS_TTL_S - 2
    assert await signing_in.actor(provider.signed(provider.claims(jti="3"))) is not None
    clock.now += 2
    await keys._fetching
    clock.now += PROVIDER_RETRY_S
    with pytest.raises(ProviderUnavailable):
        await signing_in.actor(provider.signed(provider.claims(jti="4")))
    provider.start()
    clock.now += PROVIDER_RETRY_S
    assert await signing_in.actor(provider.signed(provider.claims(jti="5"))) is not None


async def test_without_keys_a_provider_that_is_down_is_an_error_that_can_be_retried(
    acme: Acme, provider: TestProvider, signing_in: Authenticator
):
    clock, token = with_clock(signing_in), provider.signed()
    provider.stop()
    with pytest.raises(ProviderUnavailable, match="cannot be reached") as refusal:
        await signing_in.actor(token)
    assert refusal.value.code() == "BUSY"
    fetches = signing_in.verifier.keys.fetches
    with pytest.raises(ProviderUnavailable):
        await signing_in.actor(token)
    assert signing_in.verifier.keys.fetches == fetches  # not again within a second
    assert await signing_in.actors([token]) == {token: None}
    provider.start()
    clock.now += PROVIDER_RETRY_S
    assert await signing_in.actor(token) is not None


async def test_verified_tokens_and_those_of_nobody_are_cached_up_to_a_number(
    acme: Acme, provider: TestProvider, signing_in: Authenticator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(openid_connect, "MAX_VERIFIED_TOKENS", 3)
    for number in range(8):
        assert await signing_in.actor(provider.signed(provider.claims(jti=str(number)))) is not None
        assert len(signing_in.verifier._verified) <= 3


def test_a_configured_provider_is_compared_by_value():
    one = IdentityProvider("https://login.example", ("okr",))
    assert one == replace(one, links_emails=False)
