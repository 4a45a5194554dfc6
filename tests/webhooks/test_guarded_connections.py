"""Nothing is sent to an address that is not permitted, whatever name leads to it when.

The service and the receiver are on this machine, so that a connection that is made would be seen.
"""

import asyncio
import ssl
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest

from okr_api.okr.webhook import AttemptOutcome
from okr_api.services.webhook_urls import AddressPolicy
from okr_api.webhooks.guarded_backend import MAX_ADDRESSES_TRIED, AddressNotAllowed, GuardedBackend
from okr_api.webhooks.http_sender import HttpSender
from tests.acme import Acme
from tests.serving import serving
from tests.webhook_receiver import receiving
from tests.webhooks.addresses import PRIVATE
from tests.webhooks.conftest import SELECTION, LeapingClock, check_in, delivering, until_stored

CERTIFICATE = Path(__file__).with_name(
    "hooks.example.pem"
)  # of hooks.example, signed by itself, with its key
PUBLIC_ONLY = AddressPolicy()
LOOPBACK = AddressPolicy((ip_network("127.0.0.0/8"),))


def resolving(*answers: Sequence[str]):
    """Return a resolver that gives one answer after the other, and then repeats the last one."""
    left = list(answers)

    async def look_up(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return look_up


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_connection_is_made_to_an_address_of_the_table(address: str):
    for addresses in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        backend = GuardedBackend(PUBLIC_ONLY, "https", resolving(addresses))
        with pytest.raises(AddressNotAllowed):
            await backend.connect_tcp("example.com", 443)
        async with HttpSender.open(PUBLIC_ONLY, resolver=resolving(addresses)) as sender:
            attempt = await sender.send("https://example.com/", {}, b"{}")
            assert (attempt.outcome, attempt.status) == (AttemptOutcome.ADDRESS_NOT_ALLOWED, None)


@pytest.mark.parametrize("host", ("localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]", "[::ffff:127.0.0.1]"))  # fmt: skip
async def test_the_resolver_of_this_machine_leads_past_no_check(host: str):
    async with receiving() as receiver:
        for scheme in ("http", "https"):
            async with HttpSender.open(PUBLIC_ONLY) as sender:
                attempt = await sender.send(f"{scheme}://{host}:{receiver.port}/", {}, b"{}")
                # A resolver may not know some of the forms of an address.
                assert attempt.outcome in (AttemptOutcome.ADDRESS_NOT_ALLOWED, AttemptOutcome.UNREACHABLE)
        assert receiver.connected == 0


async def test_a_name_that_leads_here_when_connecting_gets_nothing(acme_url: str, acme: Acme):
    async with serving(acme_url) as served, receiving() as receiver:
        client = served.client(acme.token)
        url = f"https://rebinding.example:{receiver.port}/hook"
        made = await client.do("webhookCreate", "webhook { id }", url=url, selection=SELECTION)
        assert made["webhook"]
        [seq] = await check_in(client, 1)
        resolver = resolving(["93.184.216.34", "127.0.0.1"], ["127.0.0.1"])
        async with delivering(served, clock=LeapingClock(), resolver=resolver):
            await until_stored(acme, "failures >= 2")
        listed = await client.one("{ webhooks { nodes { position attempts { outcome statusCode } } } }")
        assert {one["outcome"] for one in listed["nodes"][0]["attempts"]} == {"ADDRESS_NOT_ALLOWED"}
        assert listed["nodes"][0]["position"] == seq - 1
        assert receiver.connected == 0


async def test_without_tls_only_allowed_networks_are_reached(acme_url: str):
    async with receiving() as receiver:
        url = receiver.url
        async with HttpSender.open(LOOPBACK) as sender:
            assert (
                await sender.send(url, {}, b'{"extensions": {"seq": 1}}')
            ).outcome is AttemptOutcome.DELIVERED
        async with HttpSender.open(LOOPBACK, resolver=resolving(["93.184.216.34"])) as sender:
            attempt = await sender.send(url.replace("127.0.0.1", "public.example"), {}, b"{}")
            assert attempt.outcome is AttemptOutcome.ADDRESS_NOT_ALLOWED
        assert receiver.connected == 1


async def _accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 204 -\r\nconnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_tls_is_with_the_name_of_the_host_whatever_its_address():
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(CERTIFICATE)
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    server = await asyncio.start_server(_accept, "127.0.0.1", 0, ssl=own)
    port = server.sockets[0].getsockname()[1]
    try:
        async with HttpSender.open(LOOPBACK, resolver=resolving(["127.0.0.1"]), tls=trusting) as sender:
            good = await sender.send(f"https://hooks.example:{port}/", {}, b"{}")
            other = await sender.send(f"https://other.example:{port}/", {}, b"{}")
        async with HttpSender.open(LOOPBACK, resolver=resolving(["127.0.0.1"])) as sender:
            unknown = await sender.send(f"https://hooks.example:{port}/", {}, b"{}")
    finally:
        server.close()
        await server.wait_closed()
    assert (good.outcome, good.status) == (AttemptOutcome.DELIVERED, 204)
    assert (other.outcome, unknown.outcome) == (AttemptOutcome.UNREACHABLE, AttemptOutcome.UNREACHABLE)


async def test_addresses_are_tried_in_turn_and_only_so_many():
    async with receiving() as receiver:
        for silent, is_reached in ((MAX_ADDRESSES_TRIED - 1, True), (MAX_ADDRESSES_TRIED, False)):
            addresses = [f"127.0.0.{2 + place}" for place in range(silent)] + ["127.0.0.1"]
            async with HttpSender.open(LOOPBACK, resolver=resolving(addresses)) as sender:
                body = b'{"extensions": {"seq": 1}}'
                attempt = await sender.send(f"http://hooks.example:{receiver.port}/", {}, body)
            assert (attempt.outcome is AttemptOutcome.DELIVERED) is is_reached
            assert is_reached or attempt.outcome is AttemptOutcome.UNREACHABLE
