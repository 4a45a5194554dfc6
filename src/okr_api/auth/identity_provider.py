"""Identity provider as configured, its verified claims, and forms of URLs and tokens; imports no library."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_SUBJECT_CHARACTERS = 255
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SHAPE = re.compile(r"eyJ[\w-]*\.[\w-]*\.[\w-]*")  # `eyJ` is how `{"` begins in base64


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Configuration by the operator: whose tokens are accepted, for whom, and who may sign in with them.

    With `links_emails` the first sign-in of a subject links it to the person who has its verified e-mail
    address, within `organization` (its name or id) if that is given.
    """

    issuer: str
    audiences: tuple[str, ...]
    links_emails: bool = False
    organization: str | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """Verified claims of a token that the service uses; `email` is None if it is absent or not verified."""

    subject: str
    expires_at: float
    email: str | None = None
    has_unverified_email: bool = False


def is_json_web_token(token: str) -> bool:
    """Return whether a bearer token has the form of a JSON Web Token; those of the service do not."""
    return token.startswith("eyJ") and SHAPE.fullmatch(token) is not None


def is_secure_url(url: str) -> bool:
    """Return whether a URL is https, or http to this machine."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    return secure and bool(parts.hostname)
