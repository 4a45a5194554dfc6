"""Notices, as the payloads of mutations carry them."""

from typing import Any

import strawberry

from okr_api.graphql.fields import column, view_of
from okr_api.okr import notice
from okr_api.okr.notice import NoticeCode


@view_of()
@strawberry.type(
    description="What a mutation did that may surprise. It is no error: the mutation was applied as given."
)
class Notice:
    """A notice, as data."""

    code: NoticeCode = column("code", "The stable code.")
    message: str = column("message", "What happened, and what to do if it was not meant, in English.")
    path: list[str] = column("path", "The field of the input that it is about; empty when it is none.")


def notice_document(told: notice.Notice) -> dict[str, Any]:
    """Return a notice as a payload reads it."""
    return {"code": told.code, "message": told.message, "path": list(told.path)}
