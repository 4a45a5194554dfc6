"""Headless Chromium driven over the DevTools protocol: open, read, type into and screenshot pages.

async with chromium(folder) as browser:
    page = await browser.open("http://127.0.0.1:8000/graphql", width=1280)
    await page.until("document.querySelector('dialog[open]')")
"""

import asyncio
import base64
import itertools
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import pytest
import websockets

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE_S = 60.0
UNTIL = """new Promise((found) => {
    const look = () => { const value = (() => { try { return EXPRESSION; } catch { return null; } })();
        if (value) found(typeof value === 'object' ? true : value); else setTimeout(look, 20); };
    look();
})"""


@dataclass
class Connection:
    """Connection to a browser over the DevTools protocol, with the calls that await a result."""

    socket: websockets.ClientConnection
    answers: dict[int, "asyncio.Future[Any]"] = field(default_factory=dict)
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def call(self, method: str, parameters: dict[str, Any], session: str | None = None) -> Any:
        """Call a DevTools protocol method and return its result."""
        id = next(self.ids)
        self.answers[id] = asyncio.get_running_loop().create_future()
        message = {"id": id, "method": method, "params": parameters}
        await self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        async with asyncio.timeout(PATIENCE_S):
            return await self.answers[id]

    async def read(self) -> None:
        """Read responses and resolve the pending calls."""
        async for text in self.socket:
            message = json.loads(text)
            waiting = self.answers.pop(message.get("id"), None)
            if waiting and not waiting.done():
                if "error" in message:
                    waiting.set_exception(AssertionError(message["error"]))
                else:
                    waiting.set_result(message["result"])


@dataclass
class Page:
    """A browser tab."""

    connection: Connection
    session: str

    async def call(self, method: str, **parameters: Any) -> Any:
        """Call a DevTools protocol method on this tab."""
        return await self.connection.call(method, parameters, self.session)

    async def value(self, expression: str) -> Any:
        """Evaluate a JavaScript expression and return its value; a promise is awaited."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until an expression is truthy and return its value."""
        try:
            return await self.value(UNTIL.replace("EXPRESSION", expression))
        except TimeoutError:
            shown = await self.value("document.body.innerText")
            raise AssertionError(f"{expression} never came true; the page says:\n{shown}") from None

    async def type(self, text: str) -> None:
        """Type text into the focused element."""
        await self.call("Input.insertText", text=text)

    async def click(self, selector: str) -> None:
        """Wait for the first element that matches a selector and click on it."""
        await self.until(f"document.querySelector({json.dumps(selector)})")
        await self.value(f"document.querySelector({json.dumps(selector)}).click()")

    async def picture(self, file: Path) -> None:
        """Write a screenshot of the page to a PNG file."""
        shot = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(file.write_bytes, base64.b64decode(shot["data"]))


@dataclass
class Browser:
    connection: Connection

    async def open(self, url: str, *, width: int = 1280, height: int = 800) -> Page:
        """Open a URL in a new tab with a window of the given size."""
        target = await self.connection.call("Target.createTarget", {"url": "about:blank"})
        attached = await self.connection.call(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": True}
        )
        page = Page(self.connection, attached["sessionId"])
        await page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        await page.call("Page.enable")
        await page.call("Page.navigate", url=url)
        return page


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """Run Chromium with its profile in a folder; skip the test if it is not installed."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("LEFT OUT: Chromium is not installed (Debian: apt install chromium)")
    process = await asyncio.create_subprocess_exec(
        program, *FLAGS, f"--user-data-dir={folder}", stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    assert process.stderr
    try:
        said = ""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := re.search(r"DevTools listening on (ws://\S+)", said)):
                line = await process.stderr.readline()
                assert line, said
                said = line.decode()
        drained = asyncio.create_task(process.stderr.read())
        async with websockets.connect(found[1], max_size=2**26, proxy=None, ping_interval=None) as socket:
            connection = Connection(socket)
            reading = asyncio.create_task(connection.read())
            yield Browser(connection)
            reading.cancel()
        drained.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
