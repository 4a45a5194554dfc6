"""Settings: what the environment says, read once where the program starts and passed down from there.

An empty variable is one that is not set. What each means is told in docs/operating.md.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from okr_api.identity.tokens import LONGEST_TOKEN
from okr_api.okr.days import time_zone
from okr_api.okr.errors import InvalidInput
from okr_api.okr.objective import LONGEST_TITLE
from okr_api.services.founding import SHORTEST_BOOTSTRAP_TOKEN
from okr_api.store.embedded import EmbeddedPostgres
from okr_api.store.embedded.binaries import FOLDERS as CARRIED
from okr_api.store.embedded.server import VERSION

HIGHEST_PORT = 65_535
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
SWITCH = dict.fromkeys(("on", "1", "true", "yes"), True) | dict.fromkeys(("off", "0", "false", "no"), False)
ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
POSTGRES_SCHEMES = ("postgresql", "postgres")
ALIKE = 0.8  # of 1: a typing error, not another word
NOT_OURS = "OKR_TEST_"  # what the tests read
KNOWN = (
    "OKR_DATABASE_URL",
    "OKR_DATA_DIR",
    "OKR_EMBEDDED_VERSION",
    "OKR_HOST",
    "OKR_PORT",
    "OKR_ALLOWED_ORIGINS",
    "OKR_BOOTSTRAP_TOKEN",
    "OKR_BOOTSTRAP_ORGANIZATION",
    "OKR_BOOTSTRAP_TIME_ZONE",
    "OKR_COMPILED",
    "OKR_GRAPHIQL",
    "OKR_LOG_LEVEL",
    "OKR_METRICS",
)
T = TypeVar("T")


class WrongEnvironment(Exception):
    """The environment says something that cannot be done; the message has a line for each."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The organisation to make while there is none, and its admin's token."""

    token: str = field(repr=False)
    organization: str = "Organization"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can decide. Without a `database_url` a PostgreSQL runs in `data_dir`."""

    database_url: str | None = field(default=None, repr=False)
    data_dir: Path = Path(".okr")
    embedded_version: int = VERSION
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_origins: tuple[str, ...] = ()
    bootstrap: Bootstrap | None = None
    compiled: bool = True
    graphiql: bool = False
    log_level: str = "info"
    metrics: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """What the variables `OKR_…` say.

        *Refuses*: values that cannot be used, all of them together (`WrongEnvironment`).
        """
        read, usual = _Reading(environment), cls()
        settings = cls(
            database_url=read("OKR_DATABASE_URL", _database_url, usual.database_url),
            data_dir=read("OKR_DATA_DIR", _folder, usual.data_dir),
            embedded_version=read("OKR_EMBEDDED_VERSION", _embedded_version, usual.embedded_version),
            host=read("OKR_HOST", str, usual.host),
            port=read("OKR_PORT", _port, usual.port),
            allowed_origins=read("OKR_ALLOWED_ORIGINS", _origins, usual.allowed_origins),
            bootstrap=_bootstrap(read),
            compiled=read("OKR_COMPILED", _switch, usual.compiled),
            graphiql=read("OKR_GRAPHIQL", _switch, usual.graphiql),
            log_level=read("OKR_LOG_LEVEL", _log_level, usual.log_level),
            metrics=read("OKR_METRICS", _switch, usual.metrics),
        )
        if read.problems:
            raise WrongEnvironment("\n".join(read.problems))
        return settings

    def to_environment(self) -> dict[str, str]:
        """The variables that say the same: how worker processes are told."""
        said = {
            "OKR_DATABASE_URL": self.database_url or "",
            "OKR_DATA_DIR": str(self.data_dir),
            "OKR_EMBEDDED_VERSION": str(self.embedded_version),
            "OKR_HOST": self.host,
            "OKR_PORT": str(self.port),
            "OKR_ALLOWED_ORIGINS": ",".join(self.allowed_origins),
            "OKR_COMPILED": "on" if self.compiled else "off",
            "OKR_GRAPHIQL": "on" if self.graphiql else "off",
            "OKR_LOG_LEVEL": self.log_level,
            "OKR_METRICS": "on" if self.metrics else "off",
        }
        first = self.bootstrap
        return said | {
            "OKR_BOOTSTRAP_TOKEN": first.token if first else "",
            "OKR_BOOTSTRAP_ORGANIZATION": first.organization if first else "",
            "OKR_BOOTSTRAP_TIME_ZONE": first.time_zone if first else "",
        }

    @contextmanager
    def postgres(self) -> Iterator[str]:
        """The address of the database; an embedded one runs at least as long as the context lasts.

        Each process takes a share of its own in an embedded server, workers too: then none loses it
        when another one, or the one that started them, is killed.
        """
        if self.database_url is not None:
            yield self.database_url
            return
        with EmbeddedPostgres(self.data_dir, self.embedded_version) as server:
            yield server.dsn


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """A warning for each variable `OKR_…` that means nothing here, with the one that may be meant."""
    warnings = []
    for name in sorted(environment):
        if name.startswith("OKR_") and name not in KNOWN and not name.startswith(NOT_OURS):
            near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=ALIKE)
            warnings.append(f"{name} means nothing" + (f"; is {near[0]} meant?" if near else ""))
    return warnings


class _Reading:
    """Reads variables one by one and gathers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def __call__(self, name: str, understand: Callable[[str], T], otherwise: T) -> T:
        text = self.environment.get(name, "").strip()
        if not text:
            return otherwise
        try:
            return understand(text)
        except ValueError as problem:
            self.problems.append(f"{name} {problem}")
            return otherwise


def _bootstrap(read: _Reading) -> Bootstrap | None:
    usual = Bootstrap("")
    first = Bootstrap(
        token=read("OKR_BOOTSTRAP_TOKEN", _bootstrap_token, usual.token),
        organization=read("OKR_BOOTSTRAP_ORGANIZATION", _name, usual.organization),
        time_zone=read("OKR_BOOTSTRAP_TIME_ZONE", _time_zone, usual.time_zone),
    )
    return first if first.token else None


def _database_url(text: str) -> str:
    # The address is not repeated: it may hold a password.
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("is not an address: postgresql://user:password@host:5432/database") from None
    if parts.scheme.startswith("postgresql+"):
        raise ValueError(f"begins with {parts.scheme}://; write postgresql:// instead")
    if parts.scheme not in POSTGRES_SCHEMES:
        raise ValueError("must begin with postgresql://; PostgreSQL is the only database there is")
    return text


def _folder(text: str) -> Path:
    return Path(text).expanduser()


def _embedded_version(text: str) -> int:
    if text not in map(str, CARRIED):
        raise ValueError(f"is {text!r}; the embedded PostgreSQL comes as {' or '.join(map(str, CARRIED))}")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= HIGHEST_PORT):
        raise ValueError(f"is {text!r}; a port is a number from 0 (any free one) to {HIGHEST_PORT}")
    return int(text)


def _origins(text: str) -> tuple[str, ...]:
    origins = [origin.strip().lower() for origin in text.split(",") if origin.strip()]
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(f"has {origin!r}; an origin looks like https://okr.example.com, without a path")
    return tuple(dict.fromkeys(origins))


def _bootstrap_token(text: str) -> str:
    if len(text) < SHORTEST_BOOTSTRAP_TOKEN:
        raise ValueError(f"has {len(text)} characters; it needs at least {SHORTEST_BOOTSTRAP_TOKEN}")
    if len(text) > LONGEST_TOKEN:
        raise ValueError(f"has {len(text)} characters; it takes at most {LONGEST_TOKEN}")
    return text


def _name(text: str) -> str:
    if len(text) > LONGEST_TITLE:
        raise ValueError(f"has more than {LONGEST_TITLE} characters")
    return text


def _time_zone(text: str) -> str:
    try:
        time_zone(text)
    except InvalidInput as refusal:
        raise ValueError(f"is wrong: {refusal.message}") from None
    return text


def _switch(text: str) -> bool:
    if text.lower() not in SWITCH:
        raise ValueError(f"is {text!r}; say on or off")
    return SWITCH[text.lower()]


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"is {text!r}; say one of {', '.join(LOG_LEVELS)}")
    return text.lower()
