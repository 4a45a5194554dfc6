"""First use of GraphiQL in a real browser: token, tree query, subscription across a server restart."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.cycle import CycleState
from tests.acme import Acme, Workplace
from tests.cli.conftest import Running
from tests.transport.graphiql.chromium import Browser, Page, chromium

RESPONSE = "document.querySelector('.graphiql-response .CodeMirror').CodeMirror.getValue()"
QUERY = "document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.getValue()"
PROBLEM = "document.querySelector('#okr-problem').textContent"
NOTICE = "document.querySelector('.okr-notice').textContent"
COUNT_SOCKETS = """window.sockets = 0; window.WebSocket = class extends WebSocket {
    constructor(...address) { super(...address); window.sockets += 1; }
}; 0"""
RAW = ("NOT_AUTHENTICATED", "isTrusted", "TypeError", "stack")  # internals that users must not see


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium(tmp_path / "profile") as running:
        yield running


@pytest.fixture
def serve(tmp_path: Path, acme_url: str) -> Iterator[Callable[[int], tuple[Running, str]]]:
    """Return a function that serves Acme with GraphiQL and returns the server's process and URL."""
    started: list[Running] = []

    def serve(port: int = 0) -> tuple[Running, str]:
        said = tmp_path / f"said-{len(started)}"
        started.append(Running(said, "serve", "--graphiql", "--port", port, database_url=acme_url))
        return started[-1], started[-1].heard("Serving").removeprefix("Serving ")

    yield serve
    for running in started:
        running.end()


async def give(page: Page, token: str) -> None:
    """Enter a token in the dialogue and submit it."""
    await page.until("document.querySelector('dialog[open] #okr-token')")
    await page.value("document.querySelector('#okr-token').select()")
    await page.type(token)
    await page.click(".okr-primary")


async def answer(page: Page, word: str) -> str:
    """Wait until the response pane contains a word and return its text."""
    await page.until(f"{RESPONSE}.includes({json.dumps(word)})")
    return str(await page.value(RESPONSE))


async def open_second_tab(page: Page) -> None:
    await page.until("document.querySelectorAll('.graphiql-tab').length === 2")
    await page.value(
        "[...document.querySelectorAll('.graphiql-tab button')].find(b => b.innerText === 'Changes').click()"
    )
    await page.until(f"{QUERY}.includes('subscription Changes')")


@pytest.mark.parametrize("width", (1280, 420))
async def test_it_asks_for_a_token_and_then_shows_the_tree(serve, browser: Browser, acme: Acme, width: int):
    _, url = serve()
    page = await browser.open(url, width=width)
    for wrong, sentence in (
        ("okr_nobody", "does not know this token"),
        ("wrong-€-token", "That is not a token"),
    ):
        await give(page, wrong)
        await page.until(f"{PROBLEM}.includes({json.dumps(sentence)})")
        shown = await page.value("document.body.innerText")
        assert [word for word in RAW if word in shown] == []
    await give(page, acme.token)
    tree = json.loads(await answer(page, "objectiveTree"))
    assert "errors" not in tree
    assert "Answer fast" in await page.value(RESPONSE)
    assert not await page.value("!!document.querySelector('dialog')")
    sizes = await page.value(
        "['.graphiql-query-editor', '.graphiql-response'].map(s => document.querySelector(s)"
        ".getBoundingClientRect()).map(r => [r.left, r.right, r.height])"
    )
    assert all(
        left >= 0 and right <= width and right - left > 300 and height > 200 for left, right, height in sizes
    )
    assert await page.value("document.documentElement.scrollWidth") == width


async def test_the_documentation_begins_with_where_to_begin(serve, browser: Browser, acme: Acme):
    _, url = serve()
    page = await browser.open(f"{url}#token={acme.token}")
    await page.click(".graphiql-sidebar button")
    await page.until("document.querySelector('.graphiql-plugin').innerText.includes('checkInRecord')")
    assert acme.token not in await page.value("location.href")


async def test_a_subscription_goes_on_after_the_server_was_away(serve, browser: Browser, acme: Acme):
    running, url = serve()
    page = await browser.open(f"{url}#token={acme.token}")
    await answer(page, "objectiveTree")
    await page.value(COUNT_SOCKETS)
    await open_second_tab(page)
    await page.click(".graphiql-execute-button")
    await page.until(f"{NOTICE}.includes('Listening')")
    await page.value("window.dispatchEvent(new Event('online'))")  # it is still open: no second one
    await acme.check_in(acme.macros, 5)
    first = json.loads(await answer(page, '"changes"'))["data"]["changes"]
    assert await page.value("window.sockets") == 1
    assert running.stopped() == 0
    await page.until(f"{NOTICE}.includes('does not answer')")
    await acme.check_in(acme.macros, 6)  # committed while no server is running
    serve(int(url.rpartition(":")[2].partition("/")[0]))
    missed = json.loads(await answer(page, f'"seq": {first["seq"] + 1}'))["data"]["changes"]
    assert missed["deltas"][0]["progressAfter"] == 0.6
    await page.until(f"{NOTICE}.includes('Connected again')")
    assert "isTrusted" not in await page.value("document.body.innerText")


async def test_a_server_that_is_away_is_told_in_a_sentence(serve, browser: Browser, acme: Acme):
    running, url = serve()
    page = await browser.open(f"{url}#token={acme.token}")
    await answer(page, "objectiveTree")
    assert running.stopped() == 0
    await page.click(".graphiql-execute-button")
    said = json.loads(await answer(page, "does not answer"))
    assert list(said) == ["errors"]
    assert [word for word in RAW if word in json.dumps(said)] == []


@pytest.mark.parametrize("tab", ("query", "subscription"))
async def test_a_token_that_is_revoked_meanwhile_is_asked_for_anew(
    serve, browser: Browser, acme: Acme, tab: str
):
    _, url = serve()
    [mine] = [each for each in await acme.tokens.all(acme.organization.id) if each.person]
    page = await browser.open(f"{url}#token={acme.token}")
    await answer(page, "objectiveTree")
    if tab == "subscription":
        await open_second_tab(page)
    await acme.tokens.revoke(acme.organization.id, mine.id)
    await page.until(
        "(document.querySelector('dialog[open]') || (document.querySelector('.graphiql-execute-button').click(), 0))"
    )
    assert "expired or was revoked" in await page.value(PROBLEM)
    await give(page, await acme.tokens.create(acme.organization.id, name="again", scopes=[Scope.READ]))
    await page.until("!document.querySelector('dialog')")
    assert "NOT_AUTHENTICATED" not in await page.value("document.body.innerText")


@pytest.fixture
async def beta(acme: Acme) -> tuple[Workplace, str]:
    """Create another organisation in the same database with a READ token; return both."""
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    return beta, await beta.tokens.create(beta.organization.id, name="explorer", scopes=[Scope.READ])


async def test_an_organisation_without_a_running_cycle_is_shown_its_tree_too(
    serve, browser: Browser, beta: tuple[Workplace, str]
):
    _, url = serve()
    await beta[0].cycle("Next year", state=CycleState.DRAFT)
    await beta[0].objective("Found a second office")
    page = await browser.open(f"{url}#token={beta[1]}")
    tree = json.loads(await answer(page, "Found a second office"))
    assert "errors" not in tree
    assert "Next year (draft)" in await page.value(QUERY)


async def test_an_empty_organisation_is_told_how_to_begin(
    serve, browser: Browser, beta: tuple[Workplace, str]
):
    _, url = serve()
    page = await browser.open(f"{url}#token={beta[1]}")
    assert "errors" not in json.loads(await answer(page, "Beta"))
    assert "okr-api import" in await page.value(QUERY)
