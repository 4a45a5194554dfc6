"""Settings from `OKR_…` variables, and back for workers; start of the embedded PostgreSQL if no URL is set.

They are read once when the program starts and passed down from there. An empty variable counts as unset.
docs/operating.md describes each variable.
"""

import difflib
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from okr_api import env_parsers
from okr_api.auth.identity_provider import IdentityProvider
from okr_api.auth.rate_limit import DEFAULT_RATE
from okr_api.services.jobs.clock import DEFAULT_CLOCK_INTERVAL_S
from okr_api.services.jobs.pruning import DEFAULT_FEED_DAYS
from okr_api.services.webhook_urls import Network
from okr_api.store.embedded import EmbeddedPostgres, supervised
from okr_api.store.embedded.server import VERSION
from okr_api.transport.connection_limits import MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS

SIMILARITY_CUTOFF = 0.8  # similarity threshold for typo suggestions (0–1)
NOT_OURS = "OKR_TEST_"  # read by the tests
KNOWN = (
    "OKR_DATABASE_URL",
    "OKR_DATA_DIR",
    "OKR_EMBEDDED_VERSION",
    "OKR_HOST",
    "OKR_PORT",
    "OKR_ADDRESS_FILE",
    "OKR_ALLOWED_ORIGINS",
    "OKR_ALLOWED_HEADERS",
    "OKR_BOOTSTRAP_TOKEN",
    "OKR_BOOTSTRAP_ORGANIZATION",
    "OKR_BOOTSTRAP_TIME_ZONE",
    "OKR_CLOCK_INTERVAL",
    "OKR_COMPILED",
    "OKR_FEED_DAYS",
    "OKR_GRAPHIQL",
    "OKR_LOG_LEVEL",
    "OKR_CONNECTIONS",
    "OKR_CONNECTIONS_PER_ADDRESS",
    "OKR_MCP",
    "OKR_METRICS",
    "OKR_OIDC_AUDIENCE",
    "OKR_OIDC_ISSUER",
    "OKR_OIDC_LINK_EMAIL",
    "OKR_OIDC_ORGANIZATION",
    "OKR_RATE_LIMIT",
    "OKR_TRUSTED_DOCUMENTS",
    "OKR_TRUSTED_ONLY",
    "OKR_WEBHOOKS",
    "OKR_WEBHOOK_NETWORKS",
)


class WrongEnvironment(Exception):
    """Invalid environment; the message has one line for each error."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Organisation to create if there is none, and its admin's token."""

    token: str = field(repr=False)
    organization: str = "Organization"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Settings:
    """Configuration by the operator. Without a `database_url` a PostgreSQL runs in `data_dir`."""

    database_url: str | None = field(default=None, repr=False)
    data_dir: Path = Path(".okr")
    embedded_version: int = VERSION
    host: str = "127.0.0.1"
    port: int = 8000
    address_file: Path | None = None
    allowed_origins: tuple[str, ...] = ()
    allowed_headers: tuple[str, ...] = ()
    bootstrap: Bootstrap | None = None
    clock_interval_s: int = DEFAULT_CLOCK_INTERVAL_S
    compiled: bool = True
    connections: int = MAX_CONNECTIONS
    connections_per_address: int = MAX_CONNECTIONS_PER_ADDRESS
    feed_days: int = DEFAULT_FEED_DAYS
    graphiql: bool = False
    identity_provider: IdentityProvider | None = None
    log_level: str = "info"
    mcp: bool = False
    metrics: bool = False
    rate_limit: int = DEFAULT_RATE
    traces_exporter: str | None = None
    trusted_documents: Path | None = None
    trusted_only: bool = False
    webhooks: bool = True
    webhook_networks: tuple[Network, ...] = ()

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "Settings":
        """Return the settings given by the `OKR_…` variables.

        Raises:
            WrongEnvironment: one or more values are invalid.
        """
        read, usual = env_parsers.ParsedVariable(variables), cls()
        settings = cls(
            database_url=read("OKR_DATABASE_URL", env_parsers.database_url, usual.database_url),
            data_dir=read("OKR_DATA_DIR", env_parsers.folder, usual.data_dir),
            embedded_version=read(
                "OKR_EMBEDDED_VERSION", env_parsers.embedded_version, usual.embedded_version
            ),
            host=read("OKR_HOST", str, usual.host),
            port=read("OKR_PORT", env_parsers.port, usual.port),
            address_file=read("OKR_ADDRESS_FILE", env_parsers.folder, usual.address_file),
            allowed_origins=read("OKR_ALLOWED_ORIGINS", env_parsers.origins, usual.allowed_origins),
            allowed_headers=read("OKR_ALLOWED_HEADERS", env_parsers.header_names, usual.allowed_headers),
            bootstrap=_bootstrap(read),
            clock_interval_s=read("OKR_CLOCK_INTERVAL", env_parsers.clock_interval, usual.clock_interval_s),
            compiled=read("OKR_COMPILED", env_parsers.switch, usual.compiled),
            connections=read("OKR_CONNECTIONS", env_parsers.connections, usual.connections),
            connections_per_address=read(
                "OKR_CONNECTIONS_PER_ADDRESS", env_parsers.connections, usual.connections_per_address
            ),
            feed_days=read("OKR_FEED_DAYS", env_parsers.feed_days, usual.feed_days),
            graphiql=read("OKR_GRAPHIQL", env_parsers.switch, usual.graphiql),
            identity_provider=_identity_provider(read),
            log_level=read("OKR_LOG_LEVEL", env_parsers.log_level, usual.log_level),
            mcp=read("OKR_MCP", env_parsers.mcp_switch, usual.mcp),
            metrics=read("OKR_METRICS", env_parsers.switch, usual.metrics),
            rate_limit=read("OKR_RATE_LIMIT", env_parsers.rate, usual.rate_limit),
            traces_exporter=_traces_exporter(read),
            trusted_documents=read("OKR_TRUSTED_DOCUMENTS", env_parsers.documents, usual.trusted_documents),
            trusted_only=read("OKR_TRUSTED_ONLY", env_parsers.switch, usual.trusted_only),
            webhooks=read("OKR_WEBHOOKS", env_parsers.switch, usual.webhooks),
            webhook_networks=read("OKR_WEBHOOK_NETWORKS", env_parsers.networks, usual.webhook_networks),
        )
        if settings.trusted_only and settings.trusted_documents is None:
            read.problems.append("OKR_TRUSTED_ONLY needs OKR_TRUSTED_DOCUMENTS, or every request is rejected")
        if read.problems:
            raise WrongEnvironment("\n".join(read.problems))
        return settings

    def to_environment(self) -> dict[str, str]:
        """Return the variables for the same settings, to pass to worker processes."""
        said = {
            "OKR_DATABASE_URL": self.database_url or "",
            "OKR_DATA_DIR": str(self.data_dir),
            "OKR_EMBEDDED_VERSION": str(self.embedded_version),
            "OKR_HOST": self.host,
            "OKR_PORT": str(self.port),
            "OKR_ADDRESS_FILE": str(self.address_file or ""),
            "OKR_ALLOWED_ORIGINS": ",".join(self.allowed_origins),
            "OKR_ALLOWED_HEADERS": ",".join(self.allowed_headers),
            "OKR_CLOCK_INTERVAL": str(self.clock_interval_s),
            "OKR_COMPILED": "on" if self.compiled else "off",
            "OKR_CONNECTIONS": str(self.connections),
            "OKR_CONNECTIONS_PER_ADDRESS": str(self.connections_per_address),
            "OKR_FEED_DAYS": str(self.feed_days),
            "OKR_GRAPHIQL": "on" if self.graphiql else "off",
            "OKR_LOG_LEVEL": self.log_level,
            "OKR_MCP": "on" if self.mcp else "off",
            "OKR_METRICS": "on" if self.metrics else "off",
            "OKR_RATE_LIMIT": str(self.rate_limit),
            "OTEL_TRACES_EXPORTER": self.traces_exporter or "none",
            "OKR_TRUSTED_DOCUMENTS": str(self.trusted_documents or ""),
            "OKR_TRUSTED_ONLY": "on" if self.trusted_only else "off",
            "OKR_WEBHOOKS": "on" if self.webhooks else "off",
            "OKR_WEBHOOK_NETWORKS": ",".join(map(str, self.webhook_networks)),
        }
        first, provider = self.bootstrap, self.identity_provider
        return said | {
            "OKR_OIDC_ISSUER": provider.issuer if provider else "",
            "OKR_OIDC_AUDIENCE": ",".join(provider.audiences) if provider else "",
            "OKR_OIDC_LINK_EMAIL": "on" if provider and provider.links_emails else "off",
            "OKR_OIDC_ORGANIZATION": (provider.organization or "") if provider else "",
            "OKR_BOOTSTRAP_TOKEN": first.token if first else "",
            "OKR_BOOTSTRAP_ORGANIZATION": first.organization if first else "",
            "OKR_BOOTSTRAP_TIME_ZONE": first.time_zone if first else "",
        }

    @contextmanager
    def postgres(self) -> Iterator[str]:
        """Yield the URL of the database; an embedded server runs at least as long as the context lasts.

        Each process, workers included, holds its own share of an embedded server, so that none loses it when
        another process, or its parent, is killed.
        """
        if self.database_url is not None:
            yield self.database_url
            return
        with EmbeddedPostgres(self.data_dir, self.embedded_version) as server:
            yield server.dsn

    def supervision(self) -> AbstractAsyncContextManager[None]:
        """Restart the embedded server whenever it ends, while the context lasts."""
        if self.database_url is not None:
            return nullcontext()
        return supervised(EmbeddedPostgres(self.data_dir, self.embedded_version))


def unknown_variables(variables: Mapping[str, str]) -> list[str]:
    """Return a warning for each unknown `OKR_…` variable, with a suggestion if one is similar."""
    warnings = []
    for name in sorted(variables):
        if name.startswith("OKR_") and name not in KNOWN and not name.startswith(NOT_OURS):
            near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=SIMILARITY_CUTOFF)
            warnings.append(
                f"{name} is not a known variable" + (f"; did you mean {near[0]}?" if near else "")
            )
    return warnings


def _bootstrap(read: env_parsers.ParsedVariable) -> Bootstrap | None:
    usual = Bootstrap("")
    first = Bootstrap(
        token=read("OKR_BOOTSTRAP_TOKEN", env_parsers.bootstrap_token, usual.token),
        organization=read("OKR_BOOTSTRAP_ORGANIZATION", env_parsers.name, usual.organization),
        time_zone=read("OKR_BOOTSTRAP_TIME_ZONE", env_parsers.zone, usual.time_zone),
    )
    return first if first.token else None


def _identity_provider(read: env_parsers.ParsedVariable) -> IdentityProvider | None:
    issuer = read("OKR_OIDC_ISSUER", env_parsers.issuer, "")
    provider = IdentityProvider(
        issuer=issuer,
        audiences=read("OKR_OIDC_AUDIENCE", env_parsers.audiences, ()),
        links_emails=read("OKR_OIDC_LINK_EMAIL", env_parsers.switch, otherwise=False),
        organization=read("OKR_OIDC_ORGANIZATION", env_parsers.name, None),
    )
    if issuer and not provider.audiences:
        read.problems.append(
            "OKR_OIDC_ISSUER needs OKR_OIDC_AUDIENCE, or tokens for any service are accepted"
        )
    return provider if issuer else None


def _traces_exporter(read: env_parsers.ParsedVariable) -> str | None:
    """Return the exporter of traces that the standard variables of OpenTelemetry choose."""
    try:
        return env_parsers.traces_exporter(read.environment)
    except ValueError as problem:
        read.problems.append(f"OTEL_TRACES_EXPORTER {problem}")
        return None
