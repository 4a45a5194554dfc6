"""Environment variables: accepted values, clear errors, and values that are never repeated."""

import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from okr_api.auth.identity_provider import IdentityProvider
from okr_api.env_parsers import MAX_CONFIGURED_CONNECTIONS, MAX_FEED_DAYS, MAX_RATE
from okr_api.settings import (
    Bootstrap,
    Settings,
    WrongEnvironment,
    unknown_variables,
)

LIST = Path(__file__).parent / "persisted.json"
SECRET = "a-token-that-is-long-enough-to-be-one"
ALL = {
    "OKR_DATABASE_URL": "postgresql://okr:pw@db:5432/okr?sslmode=require",
    "OKR_DATA_DIR": "/var/lib/okr",
    "OKR_EMBEDDED_VERSION": "16",
    "OKR_HOST": "0.0.0.0",
    "OKR_PORT": "9000",
    "OKR_ADDRESS_FILE": "/tmp/okr-api.address",
    "OKR_ALLOWED_ORIGINS": "https://okr.example.com, http://localhost:3000",
    "OKR_ALLOWED_HEADERS": "X-Request-Tag, x-tenant",
    "OKR_BOOTSTRAP_TOKEN": SECRET,
    "OKR_BOOTSTRAP_ORGANIZATION": "Acme",
    "OKR_BOOTSTRAP_TIME_ZONE": "Europe/Berlin",
    "OKR_COMPILED": "off",
    "OKR_CLOCK_INTERVAL": "5",
    "OKR_FEED_DAYS": "90",
    "OKR_GRAPHIQL": "on",
    "OKR_LOG_LEVEL": "DEBUG",
    "OKR_CONNECTIONS": "500",
    "OKR_CONNECTIONS_PER_ADDRESS": "0",
    "OKR_MCP": "on",
    "OKR_METRICS": "on",
    "OKR_OIDC_AUDIENCE": "okr, okr-cli",
    "OKR_OIDC_ISSUER": "https://login.example.com/realm",
    "OKR_OIDC_LINK_EMAIL": "on",
    "OKR_OIDC_ORGANIZATION": "Acme",
    "OKR_RATE_LIMIT": "1000",
    "OKR_TRUSTED_DOCUMENTS": str(LIST),
    "OKR_TRUSTED_ONLY": "on",
    "OKR_WEBHOOKS": "off",
    "OKR_WEBHOOK_NETWORKS": "10.1.0.0/16, fd00::/8",
}


def test_an_empty_environment_serves_an_embedded_database_on_this_machine_alone():
    settings = Settings.from_environment({})
    assert settings == Settings(
        database_url=None,
        data_dir=Path(".okr"),
        embedded_version=18,
        host="127.0.0.1",
        port=8000,
        address_file=None,
        allowed_origins=(),
        allowed_headers=(),
        bootstrap=None,
        compiled=True,
        clock_interval_s=60,
        feed_days=400,
        graphiql=False,
        identity_provider=None,
        log_level="info",
        mcp=False,
        metrics=False,
        connections=4_000,
        connections_per_address=2_000,
        rate_limit=50_000,
        trusted_documents=None,
        trusted_only=False,
        webhooks=True,
        webhook_networks=(),
    )


def test_every_variable_is_understood():
    assert Settings.from_environment(ALL) == Settings(
        database_url=ALL["OKR_DATABASE_URL"],
        data_dir=Path("/var/lib/okr"),
        embedded_version=16,
        host="0.0.0.0",
        port=9000,
        address_file=Path("/tmp/okr-api.address"),
        allowed_origins=("https://okr.example.com", "http://localhost:3000"),
        allowed_headers=("x-request-tag", "x-tenant"),
        bootstrap=Bootstrap(SECRET, "Acme", "Europe/Berlin"),
        compiled=False,
        clock_interval_s=5,
        feed_days=90,
        graphiql=True,
        identity_provider=IdentityProvider(
            "https://login.example.com/realm", ("okr", "okr-cli"), links_emails=True, organization="Acme"
        ),
        log_level="debug",
        mcp=True,
        metrics=True,
        connections=500,
        connections_per_address=0,
        rate_limit=1000,
        trusted_documents=LIST,
        trusted_only=True,
        webhooks=False,
        webhook_networks=(ip_network("10.1.0.0/16"), ip_network("fd00::/8")),
    )


def test_an_empty_variable_is_not_set():
    assert Settings.from_environment(dict.fromkeys(ALL, " ")) == Settings()


@pytest.mark.parametrize("environment", ({}, ALL))
def test_workers_are_told_the_same(environment):
    settings = Settings.from_environment(environment)
    assert Settings.from_environment(settings.to_environment()) == settings


def test_the_feed_may_be_kept_for_ever_or_as_long_as_retries_need_it():
    assert [Settings.from_environment({"OKR_FEED_DAYS": days}).feed_days for days in ("0", "7", "36500")] == [
        0,
        7,
        36_500,
    ]


def test_the_first_organisation_needs_a_token_and_nothing_else():
    named = {"OKR_BOOTSTRAP_ORGANIZATION": "Acme"}
    assert Settings.from_environment(named).bootstrap is None
    bootstrap = Settings.from_environment({"OKR_BOOTSTRAP_TOKEN": SECRET}).bootstrap
    assert bootstrap == Bootstrap(SECRET, "Organization", "UTC")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    (
        ("OKR_DATABASE_URL", "mysql://u:hidden@h/d", "must begin with postgresql://"),
        ("OKR_DATABASE_URL", "postgresql+asyncpg://u:hidden@h/d", "write postgresql:// instead"),
        ("OKR_DATABASE_URL", "postgresql://u:hidden@h:port/d", "is not an address"),
        ("OKR_EMBEDDED_VERSION", "15", "comes as 16 or 18"),
        ("OKR_PORT", "65536", "a port is a number from 0"),
        ("OKR_PORT", "-1", "a port is a number from 0"),
        ("OKR_PORT", "²", "a port is a number from 0"),
        ("OKR_ALLOWED_ORIGINS", "https://okr.example.com/", "without a path"),
        ("OKR_ALLOWED_ORIGINS", "okr.example.com", "an origin looks like https://"),
        ("OKR_ALLOWED_HEADERS", "x-tag: 1", "looks like x-request-id"),
        ("OKR_BOOTSTRAP_TOKEN", "hidden" * 5, "it needs at least 32"),
        ("OKR_BOOTSTRAP_TOKEN", "hidden" * 6, "is too easy to guess; make a random one"),
        (
            "OKR_BOOTSTRAP_TOKEN",
            "Hidden, hidden; and not at all easy to guess: " * 11,
            "it takes at most 500",
        ),
        ("OKR_BOOTSTRAP_TIME_ZONE", "Mars/Olympus", "is not an IANA time zone"),
        ("OKR_BOOTSTRAP_ORGANIZATION", "A" * 501, "more than 500 characters"),
        ("OKR_CLOCK_INTERVAL", "3601", "use 1 to 3600 seconds, or 0"),
        ("OKR_CLOCK_INTERVAL", "often", "use 1 to 3600 seconds, or 0"),
        ("OKR_FEED_DAYS", "6", "use 7 to 36500 days, or 0"),
        ("OKR_FEED_DAYS", str(MAX_FEED_DAYS + 1), "use 7 to 36500 days, or 0"),
        ("OKR_FEED_DAYS", "a year", "use 7 to 36500 days, or 0"),
        ("OKR_FEED_DAYS", "9" * 5000, "use 7 to 36500 days, or 0"),
        ("OKR_GRAPHIQL", "perhaps", "use on or off"),
        ("OKR_MCP", "perhaps", "use on or off"),
        ("OKR_LOG_LEVEL", "loud", "use one of debug, info"),
        ("OKR_CONNECTIONS", "many", "use a number of connections"),
        ("OKR_CONNECTIONS_PER_ADDRESS", str(MAX_CONFIGURED_CONNECTIONS + 1), "use a number of connections"),
        ("OKR_OIDC_ISSUER", "http://login.example.com", "must be an https address"),
        ("OKR_OIDC_ISSUER", "https://login.example.com/?realm=a", "must be an https address"),
        ("OKR_OIDC_ISSUER", f"https://login.example.com/{'a' * 500}", "must be an https address"),
        ("OKR_OIDC_ISSUER", "https://login.example.com", "needs OKR_OIDC_AUDIENCE"),
        ("OKR_OIDC_LINK_EMAIL", "perhaps", "use on or off"),
        ("OKR_RATE_LIMIT", "-1", "use a cost per second"),
        ("OKR_RATE_LIMIT", str(MAX_RATE + 1), "use a cost per second"),
        ("OKR_TRUSTED_DOCUMENTS", "nowhere.json", "cannot be read"),
        ("OKR_TRUSTED_DOCUMENTS", __file__, "cannot be read"),
        ("OKR_WEBHOOKS", "perhaps", "use on or off"),
        ("OKR_WEBHOOK_NETWORKS", "10.1.0.1/16", "has a wrong network"),
        ("OKR_WEBHOOK_NETWORKS", "tools.internal", "one looks like 10.1.0.0/16"),
        ("OKR_TRUSTED_ONLY", "on", "needs OKR_TRUSTED_DOCUMENTS"),
    ),
)
def test_a_bad_value_is_refused_in_plain_words(name, value, words):
    with pytest.raises(WrongEnvironment) as refused:
        Settings.from_environment({name: value})
    message = str(refused.value)
    assert message.startswith(name)
    assert words in message
    assert "hidden" not in message


def test_mcp_without_its_extra_is_refused(monkeypatch):
    monkeypatch.setitem(
        sys.modules, "mcp", None
    )  # what Python has there for a package that may not be imported
    assert Settings.from_environment({"OKR_MCP": "off"}).mcp is False
    with pytest.raises(WrongEnvironment, match=r"OKR_MCP is on, which needs .*'okr-api\[mcp\]'"):
        Settings.from_environment({"OKR_MCP": "on"})


def test_all_bad_values_are_told_at_once():
    with pytest.raises(WrongEnvironment) as refused:
        Settings.from_environment({"OKR_PORT": "x", "OKR_GRAPHIQL": "x", "OKR_HOST": "x"})
    assert [line.split()[0] for line in str(refused.value).splitlines()] == ["OKR_PORT", "OKR_GRAPHIQL"]


def test_what_is_secret_is_not_shown():
    shown = repr(Settings.from_environment(ALL))
    assert SECRET not in shown
    assert "pw@" not in shown


def test_an_unknown_variable_deserves_a_warning():
    assert unknown_variables(
        {**ALL, "OKR_TEST_POSTGRES": "16", "HOME": "/", "OKR_DATABSE_URL": "", "OKR_QQ": ""}
    ) == [
        "OKR_DATABSE_URL is not a known variable; did you mean OKR_DATABASE_URL?",
        "OKR_QQ is not a known variable",
    ]


def test_commands_that_read_the_environment_do_not_wait_for_libraries_of_the_server():
    heavy = "{'strawberry', 'graphql', 'fastapi', 'joserfc', 'httpx2', 'opentelemetry'}"
    program = f"import sys, okr_api.settings; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
