"""Demo of a webhook: disabled from the start, so that nothing is sent; the step that creates it."""

from okr_api.okr.change_kind import ChangeKind
from okr_api.services.webhooks import create_webhook

from .company import DIRECTOR
from .steps import Step

URL = "https://hooks.saltwind.example/okr"  # a name that can never be found: see RFC 6761
SELECTION = (
    "{ seq kind summary at actor { name } node { id } deltas { nodeId progressBefore progressAfter } }"
)
KINDS = (ChangeKind.CHECK_IN_RECORDED, ChangeKind.ROADBLOCK_CREATED, ChangeKind.DECISION_CREATED)


def webhook_steps() -> list[Step]:
    """Return the step that creates the webhook."""
    asked = {
        "url": URL,
        "selection": SELECTION,
        "filter": {"kinds": [str(kind) for kind in KINDS]},
        "after": None,
        "is_enabled": False,
    }
    return [Step("webhook", DIRECTOR, create_webhook, asked)]
