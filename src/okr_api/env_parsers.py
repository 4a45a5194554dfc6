"""Parse and validate values of `OKR_…` variables (URL, port, origins …); `settings.py` names them."""

import importlib.util
import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from okr_api.auth.identity_provider import is_secure_url
from okr_api.auth.token_strength import check_token_strength
from okr_api.auth.tokens import MAX_TOKEN_LENGTH
from okr_api.okr.calendar import time_zone
from okr_api.okr.errors import InvalidInput
from okr_api.okr.objective import MAX_TITLE_LENGTH
from okr_api.services.jobs.clock import MAX_CLOCK_INTERVAL_S
from okr_api.services.jobs.pruning import MIN_FEED_DAYS
from okr_api.services.webhook_urls import Network, parse_networks
from okr_api.store.embedded.binaries import FOLDERS as CARRIED
from okr_api.transport.trusted_documents import read_trusted

MAX_PORT = 65_535
MAX_RATE = 1_000_000_000
MAX_CONFIGURED_CONNECTIONS = 1_000_000
MAX_ISSUER_LENGTH = 500
MAX_FEED_DAYS = 36_500
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
SWITCH = dict.fromkeys(("on", "1", "true", "yes"), True) | dict.fromkeys(("off", "0", "false", "no"), False)
ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
HEADER_NAME = re.compile(r"\*|[a-z0-9!#$%&'^_`|~+.-]+")
EXPORTERS = {"otlp": "opentelemetry.exporter.otlp.proto.http", "console": "opentelemetry.sdk"}
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
POSTGRES_SCHEMES = ("postgresql", "postgres")
T = TypeVar("T")


class ParsedVariable:
    """Reader of environment variables that collects the errors of all of them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def __call__(self, name: str, understand: Callable[[str], T], otherwise: T) -> T:
        """Parse a variable; return the default if it is unset or invalid."""
        text = self.environment.get(name, "").strip()
        if not text:
            return otherwise
        try:
            return understand(text)
        except ValueError as problem:
            self.problems.append(f"{name} {problem}")
            return otherwise


def database_url(text: str) -> str:
    """Return the URL of a PostgreSQL database."""
    # Error messages must not contain the URL: it may hold a password.
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


def folder(text: str) -> Path:
    """Return the path of a folder, which need not exist."""
    return Path(text).expanduser()


def embedded_version(text: str) -> int:
    """Parse the major version of the embedded PostgreSQL."""
    if text not in map(str, CARRIED):
        raise ValueError(f"is {text!r}; the embedded PostgreSQL comes as {' or '.join(map(str, CARRIED))}")
    return int(text)


def port(text: str) -> int:
    """Parse a port number."""
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_PORT):
        raise ValueError(f"is {text!r}; a port is a number from 0 (any free one) to {MAX_PORT}")
    return int(text)


def origins(text: str) -> tuple[str, ...]:
    """Parse the origins of web pages, separated by commas."""
    origins = [origin.strip().lower() for origin in text.split(",") if origin.strip()]
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(f"has {origin!r}; an origin looks like https://okr.example.com, without a path")
    return tuple(dict.fromkeys(origins))


def header_names(text: str) -> tuple[str, ...]:
    """Parse the names of HTTP headers, separated by commas; `*` stands for all."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if not HEADER_NAME.fullmatch(name):
            raise ValueError(f"has {name!r}; the name of a header looks like x-request-id")
    return tuple(dict.fromkeys(names))


def issuer(text: str) -> str:
    """Return the issuer of an identity provider, as its tokens name it."""
    if len(text) > MAX_ISSUER_LENGTH or not is_secure_url(text) or "?" in text or "#" in text:
        raise ValueError("must be an https address as the tokens name it: https://login.example.com/realm")
    return text


def audiences(text: str) -> tuple[str, ...]:
    """Parse the audiences of tokens, separated by commas."""
    return tuple(dict.fromkeys(audience.strip() for audience in text.split(",") if audience.strip()))


def bootstrap_token(text: str) -> str:
    """Return the token if it is strong enough."""
    check_token_strength(text)
    if len(text) > MAX_TOKEN_LENGTH:
        raise ValueError(f"has {len(text)} characters; it takes at most {MAX_TOKEN_LENGTH}")
    return text


def name(text: str) -> str:
    """Return the name if it is short enough."""
    if len(text) > MAX_TITLE_LENGTH:
        raise ValueError(f"has more than {MAX_TITLE_LENGTH} characters")
    return text


def zone(text: str) -> str:
    """Return the name of an IANA time zone."""
    try:
        time_zone(text)
    except InvalidInput as refusal:
        raise ValueError(f"is wrong: {refusal.message}") from None
    return text


def switch(text: str) -> bool:
    """Parse on or off."""
    if text.lower() not in SWITCH:
        raise ValueError(f"is {text!r}; use on or off")
    return SWITCH[text.lower()]


def mcp_switch(text: str) -> bool:
    """Parse on or off; on needs the extra `mcp`."""
    is_on = switch(text)
    if is_on and find_spec("mcp") is None:
        raise ValueError("is on, which needs the extra mcp: pip install 'okr-api[mcp]'")
    return is_on


def log_level(text: str) -> str:
    """Return the log level in lower case."""
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"is {text!r}; use one of {', '.join(LOG_LEVELS)}")
    return text.lower()


def rate(text: str) -> int:
    """Parse a rate limit in cost per second; 0 for no limit."""
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_RATE):
        raise ValueError(f"is {text!r}; use a cost per second, or 0 for no limit")
    return int(text)


def connections(text: str) -> int:
    """Parse a number of connections; 0 for no limit."""
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_CONFIGURED_CONNECTIONS):
        raise ValueError(f"is {text!r}; use a number of connections, or 0 for no limit")
    return int(text)


def feed_days(text: str) -> int:
    """Parse a number of days; 0 for no limit."""
    days = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_FEED_DAYS)) else -1
    if days != 0 and not MIN_FEED_DAYS <= days <= MAX_FEED_DAYS:
        raise ValueError(
            f"is {text!r:.50}; use {MIN_FEED_DAYS} to {MAX_FEED_DAYS} days, or 0 to keep all changes"
        )
    return days


def clock_interval(text: str) -> int:
    """Parse a number of seconds; 0 for no clock."""
    seconds = (
        int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_CLOCK_INTERVAL_S)) else -1
    )
    if not 0 <= seconds <= MAX_CLOCK_INTERVAL_S:
        raise ValueError(f"is {text!r:.50}; use 1 to {MAX_CLOCK_INTERVAL_S} seconds, or 0 to tell no events")
    return seconds


def networks(text: str) -> tuple[Network, ...]:
    """Parse networks in CIDR notation, separated by commas."""
    try:
        return parse_networks([network.strip() for network in text.split(",") if network.strip()])
    except ValueError as problem:
        raise ValueError(f"has a wrong network: {problem}; one looks like 10.1.0.0/16 or fd00::/8") from None


def documents(text: str) -> Path:
    """Return the path of a file of trusted documents, after checking that it can be read."""
    path = folder(text)
    read_trusted(path)
    return path


def traces_exporter(variables: Mapping[str, str]) -> str | None:
    """Return the exporter that `OTEL_…` variables choose, `otlp` or `console`; None for no traces.

    Raises:
        ValueError: it is not supported or not installed, with a sentence that continues after a variable.
    """
    chosen = variables.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if not chosen and any(variables.get(name, "").strip() for name in ENDPOINTS):
        chosen = "otlp"
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or chosen in {"", "none"}:
        return None
    if chosen not in EXPORTERS:
        raise ValueError(f"is {chosen!r:.50}; use otlp, console or none")
    protocol = next(
        (variables[name].strip() for name in PROTOCOLS if variables.get(name, "").strip()), PROTOCOL
    )
    if chosen == "otlp" and protocol != PROTOCOL:
        raise ValueError(f"is otlp with the protocol {protocol!r:.50}; use {PROTOCOL}")
    if not _is_installed(EXPORTERS[chosen]):
        raise ValueError("needs an extra that is not installed: pip install 'okr-api[opentelemetry]'")
    return chosen


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a package above it
        return False
