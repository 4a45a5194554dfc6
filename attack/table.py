"""Attack table: a registry of all attacks with their transports and limits."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attack.client import Attacker

HTTP, STREAM, SOCKET = "http", "stream", "socket"
EVERY_WAY = (HTTP, STREAM, SOCKET)
MAX_SERVER_MB = 700.0  # peak of the whole process
MAX_GROWTH_MB = 400.0  # growth of the process during one attack
MAX_BACKENDS_MB = 400.0  # growth of PostgreSQL's processes, without shared memory
Run = Callable[["Attacker"], Awaitable[None]]


@dataclass(frozen=True)
class Attack:
    """One row: an attack over one transport."""

    name: str  # number in the list of faults, a word, and the transport if there are several
    says: str
    run: Run
    transport: str = HTTP
    seconds: float | None = None  # duration, if the default is too short
    max_growth_mb: float = MAX_GROWTH_MB
    max_backends_mb: float = MAX_BACKENDS_MB
    outage_s: float = 0.0  # during which requests of others may fail, as there is no database


ATTACKS: dict[str, Attack] = {}


def attack(
    name: str,
    says: str,
    *,
    over: tuple[str, ...] = (HTTP,),
    seconds: float | None = None,
    max_growth_mb: float = MAX_GROWTH_MB,
    max_backends_mb: float = MAX_BACKENDS_MB,
    outage_s: float = 0.0,
) -> Callable[[Run], Run]:
    """Register a function in the table, once for each transport."""

    def enter(run: Run) -> Run:
        for transport in over:
            whole = f"{name}-{transport}" if len(over) > 1 else name
            assert whole not in ATTACKS, whole
            ATTACKS[whole] = Attack(
                whole, says, run, transport, seconds, max_growth_mb, max_backends_mb, outage_s
            )
        return run

    return enter
