"""Clock job: append what falls due without a mutation to the feeds; each run makes up for what was missed."""

from okr_api.services.clock.ticker import tick
from okr_api.store.database import Database

from .job_runner import Job, JobOutcome

DEFAULT_CLOCK_INTERVAL_S = 60
MAX_CLOCK_INTERVAL_S = 3_600


def clock_job(interval_s: float) -> Job:
    """Return the job that tells the clock's events every so many seconds."""
    return Job("clock", interval_s, run_clock, is_prompt=True)


async def run_clock(database: Database, position: str | None = None) -> JobOutcome:
    """Tell what is due in all organisations; positions are kept for each."""
    del position
    appended, failures = await tick(database)
    return JobOutcome(appended, failures=failures)
