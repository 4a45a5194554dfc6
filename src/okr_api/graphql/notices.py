"""GraphQL type `Notice` of mutation payloads, and the row that a domain notice becomes."""

from typing import Any

import strawberry

from okr_api.graphql.fields import column, view_of
from okr_api.okr import notice
from okr_api.okr.notice import NoticeCode


@view_of()
@strawberry.type(
    description="Hint about an effect of a mutation that you may not expect. Not an error: the mutation was "
    "applied as given."
)
class Notice:
    """Notice in a mutation payload."""

    code: NoticeCode = column("code", "Stable code, to be handled by programs.")
    message: str = column(
        "message", "For people, in English: what happened, and what to do if it was not intended."
    )
    path: list[str] = column(
        "path",
        'Path of the input field concerned, such as `["parent", "objective"]`; empty if no single field is.',
    )


def notice_document(told: notice.Notice) -> dict[str, Any]:
    """Return a notice as a row of the GraphQL type."""
    return {"code": told.code, "message": told.message, "path": list(told.path)}
