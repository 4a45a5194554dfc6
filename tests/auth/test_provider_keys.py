"""Keys of providers that publish them wrongly, over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import werkzeug.serving
from joserfc.jwk import ECKey, OctKey, RSAKey
from werkzeug import Request, Response

from okr_api.auth import provider_keys
from okr_api.auth.identity_provider import is_secure_url
from okr_api.auth.provider_keys import MAX_PROVIDER_BYTES, MAX_PROVIDER_KEYS, ProviderKeys
from okr_api.auth.token_rejection import ProviderUnavailable, TokenRejected

CURVE = ECKey.generate_key("P-256").as_dict(private=False, kid="ec", use="sig")


@contextmanager
def answering(answer: Callable[[Request, str], Response]) -> Iterator[str]:
    """Serve what `answer` returns for a request and the server's own address; yield that address."""

    @Request.application
    def app(request: Request) -> Response:
        return answer(request, request.host_url.rstrip("/"))

    server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def publishing(keys: Any, **described: Any) -> Callable[[Request, str], Response]:
    """Return the answers of a provider with these keys; `described` replaces parts of its description."""

    def answer(request: Request, address: str) -> Response:
        document = {"issuer": address, "jwks_uri": f"{address}/keys", **described}
        body = {"keys": keys} if request.path == "/keys" else document
        return Response(json.dumps(body), content_type="application/json")

    return answer


def large(request: Request, address: str) -> Response:
    del request, address
    return Response(b" " * (MAX_PROVIDER_BYTES + 1))


def elsewhere(request: Request, address: str) -> Response:
    if request.path != "/moved":
        return Response(status=302, headers={"Location": f"{address}/moved"})
    return publishing([CURVE])(request, address)


FAULTS = {
    "another issuer": (
        publishing([CURVE], issuer="https://evil.example"),
        "its discovery document names another issuer",
    ),
    "keys without TLS": (
        publishing([CURVE], jwks_uri="http://keys.example/keys"),
        "its discovery document names no https address of keys",
    ),
    "keys nowhere": (
        publishing([CURVE], jwks_uri=None),
        "its discovery document names no https address of keys",
    ),
    "no keys": (publishing([]), "it publishes no usable key"),
    "keys that are no list": (
        publishing({"kid": "a"}),
        f"it does not publish a list of at most {MAX_PROVIDER_KEYS} keys",
    ),
    "too many keys": (
        publishing([CURVE] * (MAX_PROVIDER_KEYS + 1)),
        f"it does not publish a list of at most {MAX_PROVIDER_KEYS} keys",
    ),
    "secrets": (
        publishing([OctKey.generate_key(256).as_dict(), 7, {"kty": "RSA"}]),
        "it publishes no usable key",
    ),
    "keys to encrypt": (publishing([{**CURVE, "use": "enc"}]), "it publishes no usable key"),
    "too many bytes": (large, f"its answer has more than {MAX_PROVIDER_BYTES} bytes"),
    "no JSON": (lambda *_: Response("<html>"), "JSONDecodeError"),
    "a list": (lambda *_: Response("[]"), "its answer is no JSON object"),
    "a redirect": (elsewhere, "it answers with status 302"),
    "an error": (lambda *_: Response(status=500), "it answers with status 500"),
}


@pytest.mark.parametrize(("answer", "logged"), FAULTS.values(), ids=FAULTS)
async def test_a_provider_that_answers_wrongly_is_unavailable_and_the_log_says_why(
    answer: Any, logged: str, caplog: pytest.LogCaptureFixture
):
    with answering(answer) as issuer, pytest.raises(ProviderUnavailable):
        await ProviderKeys(issuer).find("ec", "ES256")
    [line] = [one.getMessage() for one in caplog.records if one.name == provider_keys.__name__]
    assert logged in line


async def test_a_weak_key_is_left_out_and_others_are_used():
    with pytest.warns(UserWarning, match="2048"):
        weak = RSAKey.generate_key(1024).as_dict(private=False, kid="weak")
    with answering(publishing([weak, CURVE])) as issuer:
        keys = ProviderKeys(issuer)
        assert (await keys.find("ec", "ES256")).as_dict(private=False)["x"] == CURVE["x"]
        with pytest.raises(TokenRejected):
            await keys.find("weak", "RS256")


async def test_a_key_is_used_for_its_own_algorithm_alone():
    key = RSAKey.generate_key().as_dict(private=False, kid="rsa", alg="PS256")
    with answering(publishing([key, CURVE])) as issuer:
        keys = ProviderKeys(issuer)
        assert (await keys.find("rsa", "PS256")).as_dict(private=False)["n"] == key["n"]
        for id, algorithm in (("rsa", "RS256"), ("ec", "RS256"), ("rsa", "ES256")):
            with pytest.raises(TokenRejected):
                await keys.find(id, algorithm)


async def test_without_a_key_id_the_key_has_to_be_the_only_one():
    another = ECKey.generate_key("P-256").as_dict(private=False, kid="another")
    with answering(publishing([CURVE, another])) as issuer, pytest.raises(TokenRejected):
        await ProviderKeys(issuer).find(None, "ES256")


async def test_a_provider_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(provider_keys, "PROVIDER_TIMEOUT_S", 0.2)
    released = threading.Event()

    def never(request: Request, address: str) -> Response:
        released.wait(60)
        return publishing([CURVE])(request, address)

    with answering(never) as issuer:
        try:
            with pytest.raises(ProviderUnavailable):
                await ProviderKeys(issuer).find("ec", "ES256")
        finally:
            released.set()


async def test_a_fetch_in_progress_ends_with_the_process():
    released = threading.Event()

    def late(request: Request, address: str) -> Response:
        released.wait(60)
        return publishing([CURVE])(request, address)

    with answering(late) as issuer:
        keys = ProviderKeys(issuer)
        fetching = keys._fetch()
        assert fetching is not None
        try:
            await keys.close()
        finally:
            released.set()
        assert fetching.cancelled()


@pytest.mark.parametrize(
    ("url", "secure"),
    (
        ("https://login.example.com/realm", True),
        ("http://localhost:9400", True),
        ("http://127.0.0.1:9400", True),
        ("http://[::1]:9400", True),
        ("http://login.example.com", False),
        ("http://localhost.example.com", False),
        ("https://", False),
        ("https://a:port", False),
        ("file:///keys", False),
        ("", False),
    ),
)
def test_an_address_is_https_or_of_this_machine(url: str, secure: bool):
    assert is_secure_url(url) is secure
