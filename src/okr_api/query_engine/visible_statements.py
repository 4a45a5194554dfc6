"""Statements written out in SQL, with the conditions of `store/hidden_rows.py` filled in for who reads."""

from typing import Any

from okr_api.store.hidden_rows import filled

from .snapshot import Snapshot


async def fetch_visible(snapshot: Snapshot, statement: str, *parameters: Any) -> list[Any]:
    """Return the rows of a statement with its conditions; `parameters` are those from `$2` on."""
    text, arguments = filled(statement, snapshot.visibility, *parameters)
    return await snapshot.fetch(text, *arguments)
