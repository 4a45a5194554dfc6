"""Headers of a webhook's delivery, signed as Standard Webhooks has it, and new secrets to sign with."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_bytes
from uuid import UUID

from standardwebhooks import Webhook

from okr_api import __version__

SECRET_START = "whsec_"  # noqa: S105  how a secret begins, not one
SECRET_BYTES = 32
USER_AGENT = f"okr-api/{__version__}"


def new_secret() -> str:
    """Return a new secret of 256 random bits, in the form that libraries of Standard Webhooks take."""
    return SECRET_START + b64encode(token_bytes(SECRET_BYTES)).decode()


def message_id(webhook_id: UUID, seq: int) -> str:
    """Return the id of a message, the same for each attempt to deliver a change to a webhook."""
    return f"{webhook_id.hex}-{seq}"


def signed_headers(
    webhook_id: UUID, seq: int, payload: bytes, *, at: datetime, secrets: Sequence[str]
) -> dict[str, str]:
    """Return the headers of a delivery, with a signature by each of the secrets."""
    id, text, second = message_id(webhook_id, seq), payload.decode(), at.astimezone(UTC)
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": id,
        "webhook-timestamp": str(int(second.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(id, second, text) for secret in secrets),
    }
