"""Run each example of docs/clients against a real server with the demo data; it exits non-zero if a check fails."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.examples.conftest import EXAMPLES, LIMIT_S, Demo, Example
from tests.serving import serving, serving_apart
from tools.npm_packages import NODE

DEMO_ROOT = "The ferry that is easiest to book"


@pytest.mark.parametrize("name", ("apollo", "urql"))
async def test_a_normalised_cache_follows_mutations_and_events(demo: Demo, node_examples: Path, name: str):
    async with serving(demo.database_url) as served:
        said = await Example(node_examples / name).script("start", **demo.environment(served.address))
    assert said.count("→") == 2


async def test_relay_names_its_documents_over_http_and_sockets(demo: Demo, node_examples: Path):
    relay = Example(node_examples / "relay")
    await relay.script("build")
    documents = relay.folder / "persisted.json"
    assert documents.read_text() == (EXAMPLES / "relay" / "persisted.json").read_text()
    async with serving(demo.database_url, trusted_documents=documents, trusted_only=True) as served:
        said = await relay.script("start", **demo.environment(served.address))
    assert said.count("→") == 2


async def test_codegen_types_a_client_strictly(demo: Demo, node_examples: Path):
    codegen = Example(node_examples / "codegen")
    await codegen.script("build")
    async with serving(demo.database_url) as served:
        said = await codegen.script("start", **demo.environment(served.address))
    assert said.startswith(DEMO_ROOT)


async def test_gql_reads_checks_in_and_follows(demo: Demo, python_examples: Path):
    async with serving(demo.database_url) as served:
        program = python_examples / "python-gql" / "main.py"
        said = await Example(program.parent).run(sys.executable, program, **demo.environment(served.address))
    assert said.startswith(DEMO_ROOT)


async def test_ariadne_codegen_writes_a_client_that_works(demo: Demo, python_examples: Path, ariadne: Path):
    example = Example(python_examples / "ariadne-codegen")
    await example.run(ariadne / "ariadne-codegen")
    async with serving(demo.database_url) as served:
        said = await example.run(ariadne / "python", "main.py", **demo.environment(served.address))
    assert said.startswith(DEMO_ROOT)


CHECK_IN = {"keyResult": {"externalId": "bought-online"}, "value": 60}


async def next_seq(process: asyncio.subprocess.Process) -> int:
    """Return the `seq` of the next change that the example prints."""
    assert process.stdout
    async with asyncio.timeout(LIMIT_S):
        line = await process.stdout.readline()
    assert line.endswith(b" CHECK_IN_RECORDED\n"), line + await process.stdout.read()
    return int(line.split()[0])


@pytest.mark.parametrize("name", ("websocket", "sse"))
async def test_a_client_misses_nothing_over_a_killed_server(demo: Demo, node_examples: Path, name: str):
    resume = Example(node_examples / "resume")
    async with serving(demo.database_url) as other, serving_apart(demo.database_url) as killed:
        writer = other.client(demo.token)
        environment = demo.environment(killed.address)
        async with resume.running(NODE, f"{name}.mjs", "4", **environment) as process:
            seqs = [await next_seq(process)]  # its own check-in
            await writer.do("checkInRecord", **CHECK_IN)
            seqs.append(await next_seq(process))
            assert killed.process
            killed.process.kill()
            await killed.process.wait()
            away = await writer.do("checkInRecord", **CHECK_IN)
            async with serving_apart(demo.database_url, port=killed.address.rpartition(":")[2]):
                seqs.append(await next_seq(process))
                await writer.do("checkInRecord", **CHECK_IN)
                seqs.append(await next_seq(process))
                async with asyncio.timeout(LIMIT_S):
                    assert await process.wait() == 0
    assert seqs == [away["seq"] + number for number in (-2, -1, 0, 1)]


@pytest.mark.parametrize(("value", "version"), ((61, "auto"), (62, "legacy")))
async def test_a_check_in_by_a_tool_of_the_typescript_sdk_counts_once(
    demo: Demo, node_examples: Path, value: float, version: str
):
    example = Example(node_examples / "mcp")
    async with serving(demo.database_url, mcp=True) as served:
        said = await example.run(NODE, "main.mjs", str(value), version, **demo.environment(served.address))
        counted = await served.client(demo.token).ask(
            'query ($value: Float!) { checkIns(filter: { value: { eq: $value }, note: { eq: "By an assistant" } }) { totalCount } }',
            value=value,
        )
    assert said.count("→") == 2
    assert "Scope needed: write. Scopes of this token: check_in." in said
    assert counted == {"checkIns": {"totalCount": 1}}
