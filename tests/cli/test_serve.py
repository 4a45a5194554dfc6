"""`okr-api serve`: several processes on one data folder, killed or stopped by a signal."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Running, environment, process
from tests.store.embedded.guests import runs, wait_until

TOKEN = "the-first-token-of-all-is-this-one"
FIRST = {"bootstrap_token": TOKEN, "bootstrap_organization": "Acme", "bootstrap_time_zone": "Europe/Berlin"}


def address(running: Running) -> str:
    """Wait until the command serves and return its address."""
    return running.heard("Serving http").split()[1]


def organization(url: str) -> str:
    """Return the name and the time zone of the organisation of the bootstrap token."""
    request = urllib.request.Request(
        url,
        json.dumps({"query": "{ organization { name timeZone } }"}).encode(),
        {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)["data"]["organization"]
    return f"{found['name']} in {found['timeZone']}"


def port_of(url: str) -> str:
    return url.removesuffix("/graphql").rpartition(":")[2]


def test_two_that_start_at_once_make_one_organisation_and_share_the_server(folder: Path, start):
    both = [start("serve", "--port", 0, data_dir=folder, **FIRST) for _ in range(2)]
    assert [organization(address(each)) for each in both] == ["Acme in Europe/Berlin"] * 2
    listed = process("organization", "list", data_dir=folder)
    assert [line.split()[1:] for line in listed.stdout.splitlines()[1:]] == [["Acme", "Europe/Berlin"]]
    assert both[0].stopped() == 0
    assert organization(address(both[1])) == "Acme in Europe/Berlin"
    assert both[1].stopped(signal.SIGINT) == 0
    assert not runs(folder), "the last one out stops the server"


@pytest.mark.parametrize("processes", (1, 2))
def test_a_server_says_that_it_serves_once_it_has_started(folder: Path, start, processes: int):
    running = start("serve", "--port", 0, "--workers", processes, data_dir=folder, **FIRST)
    address(running)
    before, _ = running.said.read_text().split("Serving http")
    assert before.count("Application startup complete") == processes


def test_workers_end_with_the_process_that_started_them_and_the_next_start_recovers(folder: Path, start):
    first = start("serve", "--port", 0, "--workers", 2, data_dir=folder, **FIRST)
    url = address(first)
    assert organization(url) == "Acme in Europe/Berlin"
    workers = first.workers()
    assert len(workers) == 2
    first.process.kill()
    assert psutil.wait_procs(workers, timeout=60)[1] == []
    wait_until(lambda: not runs(folder))  # the last worker stops the database server

    again = start("serve", "--port", port_of(url), "--workers", 2, data_dir=folder, **FIRST)
    assert address(again) == url
    assert organization(url) == "Acme in Europe/Berlin"
    everybody = [psutil.Process(again.process.pid), *again.workers()]
    for each in everybody:
        each.kill()
    psutil.wait_procs(everybody, timeout=60)
    assert runs(folder), "nobody was left to stop the server"

    third = start("serve", "--port", port_of(url), data_dir=folder, **FIRST)
    assert address(third) == url
    assert organization(url) == "Acme in Europe/Berlin"
    taken = process("serve", "--port", port_of(url), data_dir=folder)
    assert (taken.returncode, taken.stdout) == (2, "")
    assert taken.stderr.startswith(
        f"Error: Cannot listen on 127.0.0.1:{port_of(url)}: Address already in use"
    )
    assert third.stopped() == 0
    assert not runs(folder)


# A stop signal in a callback, where Python drops every exception: the signal has to be recorded instead.
TOLD_IN_A_CALLBACK = """
import signal, weakref
import uvicorn
from okr_api.cli import main

class Thing:
    pass

usual = uvicorn.Config.get_loop_factory

def told_meanwhile(config):
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.{name}))
    del thing
    return usual(config)

uvicorn.Config.get_loop_factory = told_meanwhile
main(["serve", "--port", "0"])
"""


@pytest.mark.parametrize("name", ("SIGTERM", "SIGHUP", "SIGINT"))
def test_being_told_to_stop_while_it_starts_is_not_forgotten(acme_url: str, name: str):
    ended = subprocess.run(
        [sys.executable, "-c", TOLD_IN_A_CALLBACK.replace("{name}", name)],
        env=environment(database_url=acme_url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Finished server process" in ended.stderr
    assert "Exception ignored" not in ended.stderr
