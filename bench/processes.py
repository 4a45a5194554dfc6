"""Process management for the benchmark: start pinned to a core, measure, and end by pid."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

START_LIMIT_S = 90.0
STOP_LIMIT_S = 10.0
POLL_S = 0.05
CPU_CLOCK = 2  # per-process CPU clock, as in clock_getcpuclockid(3)


class ServerDoesNotStart(Exception):
    """A server ended or did not respond in time; the message contains its log."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Cores to pin to: one for the server, one for PostgreSQL and the load; None if pinning is impossible."""

    server: int | None
    rest: int | None

    @classmethod
    def of_this_machine(cls) -> "Cores":
        """Return two of the available cores, or none."""
        if not hasattr(os, "sched_getaffinity"):
            return cls(None, None)
        ours = sorted(os.sched_getaffinity(0))
        return cls(ours[0], ours[1]) if len(ours) > 1 else cls(None, None)


def _pinned(core: int | None) -> Callable[[], None] | None:
    if core is None:
        return None
    return lambda: os.sched_setaffinity(0, {core})


def run_pinned(command: Sequence[str], *, core: int | None, limit_s: float) -> str:
    """Run a program to its end on that core and return its stdout."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_pinned(core)
    ) as process:
        try:
            said, complaint = process.communicate(timeout=limit_s)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {complaint or said}")
    return said


def pin_tree(pid: int, core: int | None) -> None:
    """Pin a running process and its children; processes that they start later inherit it."""
    if core is None:
        return
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        try:
            os.sched_setaffinity(one.pid, {core})
        except (ProcessLookupError, PermissionError) as problem:
            if isinstance(problem, PermissionError):
                raise


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its descendants, ended children included."""
    process = psutil.Process(pid)
    times = process.cpu_times()
    return float(times.children_user + times.children_system) + sum(
        map(_own_cpu_seconds, (process, *process.children(recursive=True)))
    )


def cpu_seconds_beneath(pid: int, title: str) -> float:
    """Return the CPU time of the children with the text in their title, such as a database's name."""
    return sum(_own_cpu_seconds(child) for child in psutil.Process(pid).children() if title in _title(child))


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _own_cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time of one process: in nanoseconds on Linux, elsewhere in ticks of 10 ms."""
    try:
        if sys.platform == "linux":
            return time.clock_gettime(~process.pid << 3 | CPU_CLOCK)
        times = process.cpu_times()
        return float(times.user + times.system)
    except (OSError, psutil.NoSuchProcess):  # the process has ended
        return 0.0


def memory_mb(pid: int) -> float:
    """Return the memory of a process and its children in MB: proportional set size if known, else RSS."""
    process, total = psutil.Process(pid), 0
    for one in (process, *process.children(recursive=True)):
        try:
            known = one.memory_full_info()
            total += getattr(known, "pss", 0) or known.rss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    port: int,
    core: int | None,
    log: Path,
) -> Iterator[int]:
    """Run a server while the context lasts; yield its pid once it responds on its port."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            preexec_fn=_pinned(core),
            start_new_session=True,  # Ctrl-C must reach only us; we end the server
        )
        try:
            _wait_until_it_answers(process, port, log)
            yield process.pid
        finally:
            end(process)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise ServerDoesNotStart(f"It ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/graphql", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(POLL_S)
            continue
        return
    raise ServerDoesNotStart(f"It does not answer:\n{log.read_text()[-2000:]}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children: terminate, then kill."""
    if process.poll() is not None:
        return
    children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_LIMIT_S)
    for child in children:
        if child.is_running():
            child.kill()


def on_signals_leave() -> None:
    """Exit on SIGTERM as on Ctrl-C, so that all started processes are ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
