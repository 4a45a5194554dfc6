"""Attacker process: run one attack and print a summary of the responses at its end."""

import asyncio
import json
import resource
import sys
import time
from typing import Any

from attack.cases import ATTACKS
from attack.client import Attacker, Target

LATEST_S = 300.0  # limit for responses after the time of the attack


async def attack(name: str, target: Target) -> dict[str, Any]:
    """Run the attack; return when it began and ended, and the counts of responses."""
    row = ATTACKS[name]
    attacker = Attacker(target, row.transport)
    try:
        async with asyncio.timeout(target.seconds + LATEST_S):
            await row.run(attacker)
    except TimeoutError:
        attacker.notes.append("ended unanswered")
    except BaseExceptionGroup as several:
        attacker.notes.append(repr(several.exceptions[0])[:200])
    except Exception as fault:  # noqa: BLE001  keep the results if the server is gone
        attacker.notes.append(repr(fault)[:200])
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "begun": attacker.begun,
        "ended": time.monotonic(),
        "answers": dict(attacker.answers.most_common(6)),
        "slowest_s": attacker.slowest_s,
        "notes": attacker.notes,
        "cpu_s": used.ru_utime + used.ru_stime,
    }


def main() -> None:
    """Run the attack given by the argument and stdin."""
    name, target = sys.argv[1], Target(**json.loads(sys.stdin.read()))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 16_384)), hard))
    print("\n@" + json.dumps(asyncio.run(attack(name, target))))


if __name__ == "__main__":
    main()
