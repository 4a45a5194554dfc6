"""Activities and summaries of changes for the naive reader: from whole tables, change by change."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.change_sentences import NAMED_BY, ChangeFacts, CheckedIn, Movement, sentence_of
from okr_api.okr.computed_values import Status
from okr_api.okr.entities import BY_TYPE
from okr_api.okr.entity import NodeType
from okr_api.query_engine.change_summaries import name_column

Row = Mapping[str, Any]
Belongs = Callable[[Any, Row, Row], bool]


def touches(change: Row, id: UUID, is_direct: bool | None = None) -> bool:
    """Return whether a stored change is of a node, or moved its numbers."""
    direct = id in (change["node_id"], *change["related_ids"])
    moved = any(UUID(delta["node_id"]) == id for delta in change["deltas"])
    return {True: direct, False: moved and not direct, None: direct or moved}[is_direct]


def of_node(naive: Any, row: Row, change: Row, is_direct: bool | None = None) -> bool:
    return touches(change, row["id"], is_direct)


def of_team(naive: Any, row: Row, change: Row, is_direct: bool | None = None) -> bool:
    held = [one["id"] for one in naive.all("Objective") if one["team_id"] == row["id"]]
    meetings = [one["id"] for one in _with_removed(naive, "Meeting") if one["team_id"] == row["id"]]
    decisions = [one["id"] for one in _with_removed(naive, "Decision") if one["meeting_id"] in meetings]
    return any(touches(change, id, is_direct) for id in (row["id"], *held, *meetings, *decisions))


def _with_removed(naive: Any, type_name: str) -> list[Row]:
    return [*naive.tables[type_name], *naive.tables[f"{type_name} removed"]]


def of_person(naive: Any, row: Row, change: Row) -> bool:
    return bool(change["author_person_id"] == row["id"])


def of_organization(naive: Any, row: Row, change: Row) -> bool:
    return True


def activity_rows(
    naive: Any, row: Row, belongs: Callable[..., bool], filter: Row | None = None, **given: Any
) -> Iterable[Row]:
    """Return the changes of an activity as the actor sees them."""
    stored = {change["seq"]: change for change in naive.tables["Change"]}
    more = {"is_direct": given["isDirect"]} if given.get("isDirect") is not None else {}
    for change in naive.seen_changes():
        if belongs(naive, row, stored[change["seq"]], **more) and _passes(change, filter or {}):
            yield change


def _passes(change: Row, filter: Row) -> bool:
    author = change["author_person_id"]
    return (
        ("kinds" not in filter or change["kind"] in filter["kinds"])
        and ("nodeTypes" not in filter or change["node_type"] in filter["nodeTypes"])
        and ("authorIds" not in filter or (author is not None and f"per_{author.hex}" in filter["authorIds"]))
    )


def as_uuid(id: UUID | str | None) -> UUID | None:
    """Return an id as a UUID; rows of a page of changes have hex digits."""
    return UUID(id) if isinstance(id, str) else id


def summary(naive: Any, change: Row) -> str:
    """Return the sentence of a change as the actor sees it."""
    change = {**change, "check_in_ids": [as_uuid(id) for id in change["check_in_ids"]]}
    id = as_uuid(change["node_id"])
    is_hidden = id is None or any(
        UUID(one["node_id"]) == id and not one["is_visible"] for one in change["visibility_changes"]
    )
    moving = [
        delta
        for delta in change["deltas"]
        if (delta["before"], delta["status_before"]) != (delta["after"], delta["status_after"])
    ]
    told = [delta for delta in moving if delta["node_type"] == "OBJECTIVE"] or moving
    turned = [
        delta
        for delta in change["deltas"]
        if change["kind"] == "STATUS_TURNED" and UUID(delta["node_id"]) == id and not is_hidden
    ]
    return sentence_of(
        ChangeFacts(
            kind=ChangeKind(change["kind"]),
            actor=change["author_name"],
            node_type=NodeType(change["node_type"]),
            name=None if is_hidden or id is None else name_at(naive, change["node_type"], id, change["seq"]),
            is_hidden=is_hidden,
            fields=change["fields"],
            checked_in=None if is_hidden else _checked_in(naive, change),
            turned_to=Status(turned[0]["status_after"]) if turned else None,
            movement=_movement(naive, change, told[0]) if told and told[:1] != turned else None,
        )
    )


def _checked_in(naive: Any, change: Row) -> CheckedIn | None:
    made = [naive.find("CheckIn", id) for id in change["check_in_ids"]]
    seen = [said for said in made if said is not None and not naive.hidden("CheckIn", said)]
    count = len({said["key_result_id"] for said in seen})
    if change["kind"] != "CHECK_IN_RECORDED" or count != 1:
        return CheckedIn(count) if count and change["kind"] == "CHECK_IN_RECORDED" else None
    latest = max(seen, key=lambda said: said["id"])
    of = latest["key_result_id"]
    before = [delta["value_before"] for delta in change["deltas"] if UUID(delta["node_id"]) == of]
    return CheckedIn(
        1,
        name_at(naive, "KEY_RESULT", of, change["seq"]),
        latest["value"],
        naive.find("KeyResult", of)["unit"],
        before[0] if before else None,
    )


def _movement(naive: Any, change: Row, delta: Row) -> Movement:
    return Movement(
        name_at(naive, delta["node_type"], UUID(delta["node_id"]), change["seq"]),
        delta["before"],
        delta["after"],
        Status(delta["status_before"]),
        Status(delta["status_after"]),
    )


def name_at(naive: Any, node_type: str, id: UUID, seq: int) -> str | None:
    """Return the name that an entity had at a change; its present one if it had none then."""
    entity = BY_TYPE[NodeType(node_type)]
    column = name_column(entity)
    row = naive.find(entity.type_name, id) or next(
        (one for one in naive.tables.get(f"{entity.type_name} removed", ()) if one["id"] == id), None
    )
    if entity.node_type in NAMED_BY:
        owners = {} if row is None else {name: row[name] for name in NAMED_BY[entity.node_type]}
        set_ones = [(entity.references[name], id) for name, id in owners.items() if id is not None]
        return name_at(naive, *set_ones[0], seq) if set_ones else None
    assert column is not None
    versions = [
        one
        for one in naive.tables.get(f"{entity.type_name} versions", ())
        if one["id"] == id and one["seq"] <= seq
    ]
    known = versions[-1] if versions else row
    return None if known is None else known[column]  # type: ignore[no-any-return]
