"""What changes showed to somebody or hid from them, for the naive reader: from the recorded facts, row by row."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor

Row = Mapping[str, Any]
Tables = Mapping[str, list[Row]]


def told_of(
    tables: Tables, actor: Actor, change: Row, *, sees_drafts: bool, is_hidden: Callable[[UUID], bool]
) -> list[dict[str, Any]]:
    """Return what a change showed to an actor or hid from them, each objective with its key results."""
    facts = [row for row in tables["VisibilityChange"] if row["seq"] == change["seq"]]
    found: list[dict[str, Any]] = []
    for node in sorted({row["node_id"] for row in facts}):
        of_node = [row for row in facts if row["node_id"] == node]
        if actor.role == "ADMIN" or actor.sees_private:
            saw, sees = False, any(row["new_role"] == "ADMIN" and row["viewers_after"] for row in of_node)
        else:
            saw = any(_is_seen(row, "before", "was", actor, sees_drafts) for row in of_node)
            sees = any(_is_seen(row, "after", "is", actor, sees_drafts) for row in of_node)
        hidden = is_hidden(node)
        if saw == sees or (hidden and not saw):
            continue
        found.append({"node_type": of_node[0]["node_type"], "node_id": str(node)})
        if of_node[0]["node_type"] == "OBJECTIVE":
            parts = _parts_at(tables, node, change["seq"]) if hidden else _parts(tables, node)
            found += [{"node_type": "KEY_RESULT", "node_id": str(id)} for id in parts]
    return found


def _is_seen(row: Row, when: str, state: str, actor: Actor, sees_drafts: bool) -> bool:
    viewers = row[f"viewers_{when}"]
    has = viewers is None or actor.author.person_id in viewers
    return has and (sees_drafts or not row[f"{state}_unpublished"] or row["new_role"] != "")


def _parts(tables: Tables, objective: UUID) -> list[UUID]:
    return sorted(row["id"] for row in tables["KeyResult"] if row["objective_id"] == objective)


def _parts_at(tables: Tables, objective: UUID, seq: int) -> Iterable[UUID]:
    """Return its key results that it had already after a change."""
    for id in _parts(tables, objective):
        versions = [row for row in tables["KeyResult holders"] if row["id"] == id and row["seq"] <= seq]
        if versions and max(versions, key=lambda row: row["seq"])["objective_id"] == objective:
            yield id
