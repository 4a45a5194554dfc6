"""Daily verification job: recompute the next 5,000 objectives from the facts, and log numbers that differ."""

import logging
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from okr_api.services.number_differences import Difference
from okr_api.services.recompute import verify_cycles, verify_objectives
from okr_api.store.database import Database
from okr_api.store.organizations import objectives_after

from .job_runner import Job, JobOutcome

VERIFICATION_INTERVAL_S = 86_400
MAX_OBJECTIVES_VERIFIED = 5_000  # in one run; the next one continues after them
VERIFICATION_BATCH_SIZE = 100  # objectives, in one snapshot
MAX_DIFFERENCES_LOGGED = 100  # of one run
BEGINNING = (UUID(int=0), UUID(int=0))

log = logging.getLogger(__name__)


async def verify_next(database: Database, position: str | None) -> JobOutcome:
    """Verify the objectives after the position, with their key results, of one organisation after another.

    The position is None at the beginning and after the last objective, so that in time all are verified. What
    cannot be verified is logged and counted, and the run goes on after it.
    """
    after, found, failures = _parsed(position), 0, 0
    seen: set[UUID] = set()
    for _ in range(MAX_OBJECTIVES_VERIFIED // VERIFICATION_BATCH_SIZE):
        batch = await objectives_after(database, after, VERIFICATION_BATCH_SIZE)
        if not batch:
            return JobOutcome(found, failures=failures)
        for organization_id, rows in groupby(batch, key=itemgetter(0)):
            ids = [id for _, id in rows]
            try:
                differences = await verify_objectives(database, organization_id, ids)
                if organization_id not in seen:
                    differences += await verify_cycles(database, organization_id)
            except Exception:
                log.exception("Objectives of organisation %s cannot be verified", organization_id)
                failures += 1
                continue
            seen.add(organization_id)
            _log(organization_id, differences[: max(MAX_DIFFERENCES_LOGGED - found, 0)])
            found += len(differences)
        after = batch[-1]
    return JobOutcome(found, ":".join(map(str, after)), failures)


def _parsed(position: str | None) -> tuple[UUID, UUID]:
    if position is None:
        return BEGINNING
    organization_id, _, objective_id = position.partition(":")
    return UUID(organization_id), UUID(objective_id)


def _log(organization_id: UUID, differences: Sequence[Difference]) -> None:
    for each in differences:
        log.error(
            "A stored number does not follow from the facts: %s of %s %s in organisation %s is %.200s, "
            "recomputed %.200s. See okr-api verify and okr-api recount",
            each.field, each.node_type, each.node_id, organization_id, each.stored, each.recomputed,
        )  # fmt: skip


VERIFICATION = Job("verify", VERIFICATION_INTERVAL_S, verify_next)
