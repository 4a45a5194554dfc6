"""The receiver of docs/webhooks.md, run as a process, receives what the service sends, and nothing else."""

import asyncio
import os
import re
import socket
import sys

import httpx2

from tests.acme import Acme
from tests.docs.named import text_of
from tests.serving import PATIENCE_S, Server
from tests.webhooks.conftest import check_in, delivering

PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def until_open(port: int) -> None:
    """Wait until somebody listens at a port."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0)
            else:
                writer.close()
                return


async def test_the_receiver_of_the_page_takes_each_change_once(quiet: Server, acme: Acme):
    [program] = PYTHON.findall(text_of("docs/webhooks.md"))
    client, port = quiet.client(acme.token), free_port()
    url = f"http://127.0.0.1:{port}/okr"
    made = await client.do("webhookCreate", "secret webhook { id }", url=url, selection="{ seq kind }")
    seqs = await check_in(client, 1, 2)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env={**os.environ, "WEBHOOK_SECRET": made["secret"], "PORT": str(port)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        await until_open(port)
        async with asyncio.timeout(PATIENCE_S), delivering(quiet):
            told = [(await process.stdout.readline()).decode() for _ in seqs]
            await client.do("webhookReplay", id=made["webhook"]["id"], after=seqs[0] - 1)
            [last] = await check_in(client, 3)
            told.append((await process.stdout.readline()).decode())
        async with httpx2.AsyncClient(trust_env=False) as stranger:
            forged = await stranger.post(
                url, content=b'{"extensions": {"seq": 99}}', headers={"webhook-id": "x"}
            )
    finally:
        process.kill()
        await process.wait()
    assert [int(line.split()[0]) for line in told] == [*seqs, last]
    assert told[0] == f"{seqs[0]} {{'seq': {seqs[0]}, 'kind': 'CHECK_IN_RECORDED'}}\n"
    assert forged.status_code == 401
