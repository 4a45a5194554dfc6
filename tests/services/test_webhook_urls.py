"""URLs of webhooks: which are refused as text, and which addresses are public."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_api.okr.errors import InvalidInput
from okr_api.okr.webhook import MAX_WEBHOOK_URL_LENGTH
from okr_api.services.webhook_urls import (
    MAX_HOST_LENGTH,
    NOT_PUBLIC,
    AddressPolicy,
    is_public,
    parse_networks,
)
from tests.webhooks.addresses import PRIVATE, PUBLIC

PUBLIC_ONLY = AddressPolicy()


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_the_table_is_not_public(address: str):
    assert not is_public(ip_address(address))
    assert not PUBLIC_ONLY.permits(ip_address(address), "https")


@pytest.mark.parametrize("address", PUBLIC)
def test_other_addresses_are_public_and_reached_by_https_alone(address: str):
    assert PUBLIC_ONLY.permits(ip_address(address), "https")
    assert not PUBLIC_ONLY.permits(ip_address(address), "http")


@given(st.sampled_from([one for one in NOT_PUBLIC if one.version == 4]), st.integers(min_value=0))
def test_no_way_to_write_an_ipv4_address_into_an_ipv6_address_leads_to_it(network, number):
    address = int(network[number % network.num_addresses])
    for written in (
        IPv6Address(0xFFFF << 32 | address),  # mapped
        IPv6Address(address),  # compatible
        IPv6Address(0x0064_FF9B << 96 | address),  # NAT64
        IPv6Address(0x2002 << 112 | address << 80),  # 6to4
        IPv6Address(0x2001 << 112 | (address ^ 0xFFFF_FFFF)),  # Teredo
        IPv6Address(0x2A00 << 112 | 0x5EFE << 32 | address),  # ISATAP
    ):
        assert not is_public(written), written


@given(st.integers(0, 2**32 - 1))
def test_what_is_not_global_is_not_public(number):
    address = IPv4Address(number)
    assert address.is_global or not is_public(address)


REFUSED = (
    "", "x", "example.com/hook", "//example.com", "https://", "https:///hook", "ftp://example.com/", "file:///etc/passwd",
    "gopher://example.com/", "http://example.com/hook", "https://user@example.com/", "https://user:word@example.com/",
    "https://example.com/#top", "https://example.com#", "https://exa mple.com/", "https://example.com/\n", "https://example.com/ä",
    "https://example.com:99999/", "https://example.com:port/", "https://[::1", "https://[::1]/", "https://[fe80::1%25eth0]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::10.0.0.1]/", "https://[2002:7f00:1::]/",
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
    "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://0/", "https://0.0.0.0/", "https://10.0.0.1:443/",
    "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://224.0.0.1/", "https://255.255.255.255/",
    "https://localhost/", "https://LOCALHOST./", "https://api.localhost/", "https://1.2.3.4.5/", "https://999.1.1.1/",
    "https://example.com\\@127.0.0.1/", "https://%31%32%37.0.0.1/", "https://①②⑦.0.0.1/",
    "https://.example/", "https://a..b/", f"https://{'x' * 64}.example/", "https://*.example/", "https://exa_mple^.example/", "https://%31/",
    "https://-a.example/", "https://a-.example/", "https://8.8.8.8:0/",
)  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_is_refused_as_text(url: str):
    with pytest.raises(InvalidInput) as refusal:
        PUBLIC_ONLY.check_url(url)
    assert refusal.value.path == ("url",)
    assert len(refusal.value.message) < 500


@pytest.mark.parametrize(
    "url",
    ("https://example.com", "https://example.com:8443/okr?team=1", "https://xn--bcher-kva.example/", "https://8.8.8.8/", "https://[2a00:1450::1]:444/x", "HTTPS://Example.COM/"),
)  # fmt: skip
def test_a_url_of_a_name_or_a_public_address_is_taken(url: str):
    assert PUBLIC_ONLY.check_url(url) == url


def test_a_url_and_its_host_have_a_length():
    start = "https://example.com/"
    longest = start + "x" * (MAX_WEBHOOK_URL_LENGTH - len(start))
    assert PUBLIC_ONLY.check_url(longest) == longest
    label = "x" * 50 + "."
    name = (label * 6)[: MAX_HOST_LENGTH - 3] + "com"
    assert PUBLIC_ONLY.check_url(f"https://{name}/")
    for longer in (longest + "x", f"https://x{name}/"):
        with pytest.raises(InvalidInput):
            PUBLIC_ONLY.check_url(longer)


def test_the_operator_allows_networks():
    inside = AddressPolicy(parse_networks(["10.1.0.0/16", "127.0.0.0/8", "fd00::/8"]))
    for url in ("http://10.1.2.3:8080/", "https://10.1.2.3/", "http://localhost/", "http://tools.internal/", "http://[fd00::1]/", "http://[::ffff:10.1.0.1]/"):  # fmt: skip
        assert inside.check_url(url) == url
    for url in ("http://8.8.8.8/", "https://10.2.0.1/", "http://[::ffff:10.2.0.1]/"):
        with pytest.raises(InvalidInput):
            inside.check_url(url)
    assert inside.permits(ip_address("10.1.0.1"), "http")
    assert not inside.permits(ip_address("10.2.0.1"), "https")
    assert not inside.permits(ip_address("8.8.8.8"), "http")
    assert inside.permits(ip_address("8.8.8.8"), "https")


@pytest.mark.parametrize("text", ("10.1.0.0/33", "10.1.0.1/16", "tools", ""))
def test_a_wrong_network_is_refused(text: str):
    with pytest.raises(ValueError, match=r"does not appear|host bits"):
        parse_networks([text])
    assert parse_networks(["10.1.0.1"]) == (ip_network("10.1.0.1/32"),)
