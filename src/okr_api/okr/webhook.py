"""Webhook: states, reasons why one is disabled, outcomes of attempts, and when a failed one is repeated."""

from datetime import timedelta
from enum import StrEnum
from random import Random

MAX_WEBHOOKS = 20  # of an organisation
MAX_WEBHOOK_URL_LENGTH = 2_000
MAX_WEBHOOK_SELECTION_LENGTH = 10_000
MAX_ATTEMPTS_KEPT = 50  # of each webhook, the latest ones
SECRET_OVERLAP = timedelta(hours=24)  # for which a rotated secret signs beside the new one
MIN_RETRY_WAIT_S = 5.0
MAX_RETRY_WAIT_S = 3_600.0
MAX_FAILURES = 20  # in a row, over at least
MAX_FAILING = timedelta(days=3)


class WebhookState(StrEnum):
    """Whether changes are delivered."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class WebhookDisabledReason(StrEnum):
    """Why a webhook was disabled."""

    NOT_YET_ENABLED = "NOT_YET_ENABLED"
    FAILING = "FAILING"
    RECEIVER_IS_GONE = "RECEIVER_IS_GONE"
    OWNER_HAS_LEFT = "OWNER_HAS_LEFT"
    POSITION_IS_LOST = "POSITION_IS_LOST"
    SELECTION_IS_INVALID = "SELECTION_IS_INVALID"


class AttemptOutcome(StrEnum):
    """What came of an attempt to deliver a change."""

    DELIVERED = "DELIVERED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT"
    UNREACHABLE = "UNREACHABLE"
    ADDRESS_NOT_ALLOWED = "ADDRESS_NOT_ALLOWED"


def retry_wait_s(failures: int, random: Random) -> float:
    """Return the seconds to wait after so many failures in a row, from 1: doubled each time, with jitter.

    The jitter takes away up to half, so that the maximum is never exceeded.
    """
    most = min(MIN_RETRY_WAIT_S * 2.0 ** min(failures - 1, 30), MAX_RETRY_WAIT_S)
    return most * random.uniform(0.5, 1.0)


def has_failed_for_long(failures: int, failing_for: timedelta) -> bool:
    """Return whether a webhook is to be disabled after so many failures in a row over a time."""
    return failures >= MAX_FAILURES and failing_for >= MAX_FAILING
