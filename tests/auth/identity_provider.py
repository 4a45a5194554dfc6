"""An OpenID Connect provider for tests: `oidc-provider-mock` with its own HTTP server, which can be stopped."""

import base64
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask
import httpx2
import oidc_provider_mock  # type: ignore[import-untyped]
import pytest
import werkzeug.serving
from joserfc import jwt
from joserfc.jwk import RSAKey

AUDIENCE = "okr"
PEOPLE = {"s-ann": "ann@acme.example", "s-ben": "ben@acme.example", "s-cem": "cem@acme.example"}


class TestProvider:
    """A provider on a port of this machine; `gets` counts the requests for each path."""

    __test__ = False

    def __init__(self) -> None:
        self.app = oidc_provider_mock.app(user_claims=[self.user(*one) for one in PEOPLE.items()])
        self.app.debug = False
        self.storage: Any = None
        self.gets: dict[str, int] = {}
        self.port = 0
        self._server: Any = None

        @self.app.before_request
        def note() -> None:
            self.storage = flask.g.oidc_provider_mock_storage
            path = flask.request.path
            self.gets[path] = self.gets.get(path, 0) + 1

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def user(subject: str, email: str, *, verified: bool = True) -> Any:
        return oidc_provider_mock.User(sub=subject, claims={"email": email, "email_verified": verified})

    def start(self) -> None:
        """Serve, on the port of before if there was one."""
        self._server = werkzeug.serving.make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; requests are refused until it is started again."""
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    async def sign_in(self, subject: str, *, audience: str = AUDIENCE) -> str:
        """Return the ID token that a client of the provider gets by the authorization code flow."""
        async with httpx2.AsyncClient(base_url=self.issuer, trust_env=False) as http:
            back = {"redirect_uri": "http://localhost/signed-in"}
            asked = await http.post(
                "/oauth2/authorize",
                params={"response_type": "code", "client_id": audience, "scope": "openid email", **back},
                data={"sub": subject},
            )
            found = re.search(r"code=([^&]+)", asked.headers["location"])
            assert found
            given = await http.post(
                "/oauth2/token",
                data={"grant_type": "authorization_code", "code": found[1], **back},
                auth=(audience, "secret"),
            )
            token: str = given.json()["id_token"]
            return token

    @property
    def key(self) -> RSAKey:
        """Return the provider's private key."""
        return RSAKey.import_key(self.storage.jwk.as_dict(is_private=True))

    def rotate(self) -> None:
        """Sign with another key from now on, and publish it instead of the former one."""
        self.storage.jwk = type(self.storage.jwk).generate_key(is_private=True)

    def claims(self, subject: str = "s-ann", **others: Any) -> dict[str, Any]:
        """Return the claims of a valid token; others are added, and None takes one away."""
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + 3600,
            "email": PEOPLE.get(subject),
            "email_verified": True,
        }
        return {name: value for name, value in (usual | others).items() if value is not None}

    def signed(
        self,
        claims: dict[str, Any] | None = None,
        *,
        key: Any = None,
        algorithm: str = "RS256",
        **header: Any,
    ) -> str:
        """Return a token with these claims, by default a valid one of Ann."""
        return jwt.encode(
            {"alg": algorithm, **header}, claims or self.claims(), key or self.key, algorithms=[algorithm]
        )


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """Return a token without a signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none", **header}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def signed_with_secret(claims: dict[str, Any], secret: bytes) -> str:
    """Return a token that is signed with HS256, by hand, as libraries no longer sign with a public key."""
    text = unsigned(claims, alg="HS256").removesuffix(".")
    signature = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@contextmanager
def provider_running() -> Iterator[TestProvider]:
    """Run a provider, whose storage is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        provider = TestProvider()
        provider.start()
        try:
            httpx2.get(provider.issuer + "/jwks", trust_env=False)
            provider.gets.clear()
            yield provider
        finally:
            provider.stop()
