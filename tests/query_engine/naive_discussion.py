"""Naive answers of what is said on nodes: comments, reactions and followers, from whole tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from tests.query_engine.naive import Naive

Row = Mapping[str, Any]
ON = {
    "Objective": "objective_id",
    "KeyResult": "key_result_id",
    "CheckIn": "check_in_id",
    "Roadblock": "roadblock_id",
    "Decision": "decision_id",
    "Experiment": "experiment_id",
    "Lesson": "lesson_id",
    "ReviewRecord": "review_record_id",
    "Comment": "comment_id",
    "Team": "team_id",
}


PARTS = ("CheckIn", "Roadblock", "Decision", "Experiment", "Lesson", "ReviewRecord")


def take_away(tables: dict[str, list[Row]]) -> None:
    """Move what is on removed records, replies to removed comments, and reactions to these, to what was removed."""
    for record in PARTS[1:]:
        ended = {row["id"] for row in tables[f"{record} removed"]}
        for said in ("Comment", "Reaction"):
            _move(tables, said, lambda row, on=ON[record], ended=ended: row[on] in ended)
    gone = {row["id"] for row in tables["Comment removed"]}
    _move(tables, "Comment", lambda row: row["parent_id"] in gone)
    gone = {row["id"] for row in tables["Comment removed"]}
    _move(tables, "Reaction", lambda row: row["comment_id"] in gone)


def _move(tables: dict[str, list[Row]], type_name: str, goes: Any) -> None:
    rows = tables[type_name]
    tables[f"{type_name} removed"] += [row for row in rows if goes(row)]
    tables[type_name] = [row for row in rows if not goes(row)]


def objective_of(naive: "Naive", row: Row) -> UUID | None:
    """Return the id of the objective of a comment, a reaction or a follow; None if it is of none."""
    if row.get("comment_id") is not None:
        remarks = naive.tables["Comment"] + naive.tables["Comment removed"]
        return objective_of(naive, next(one for one in remarks if one["id"] == row["comment_id"]))
    if row["objective_id"] is not None:
        return row["objective_id"]  # type: ignore[no-any-return]
    key_result = row["key_result_id"]
    for part in PARTS:
        if row.get(ON[part]) is not None:
            rows = naive.tables[part] + naive.tables.get(f"{part} removed", [])
            on = next(one for one in rows if one["id"] == row[ON[part]])
            if on.get("objective_id") is not None:
                return on["objective_id"]  # type: ignore[no-any-return]
            key_result = on["key_result_id"]
    return naive.find("KeyResult", key_result)["objective_id"] if key_result else None


def comments(naive: "Naive", type_name: str, row: Row, **page: Any) -> dict[str, Any]:
    """Return a page of the comments on a node, without replies."""
    found = [
        one for one in naive.all("Comment") if one[ON[type_name]] == row["id"] and one["parent_id"] is None
    ]
    return naive.connection("Comment", found, None, parent=row["id"], **page)


def comment_count(naive: "Naive", type_name: str, row: Row) -> int:
    """Return the number of comments on a node, with replies."""
    return sum(one[ON[type_name]] == row["id"] for one in naive.all("Comment"))


def reactions(naive: "Naive", type_name: str, row: Row) -> list[Row]:
    """Return the reactions to a node by emoji, the most frequent first."""
    by_emoji: dict[str, list[Row]] = {}
    for one in naive.all("Reaction"):  # in the order of their ids
        if one[ON[type_name]] == row["id"]:
            by_emoji.setdefault(one["emoji"], []).append(one)
    viewer = naive.actor.author.person_id
    return [
        {
            "emoji": emoji,
            "count": len(some),
            "viewer_has_reacted": viewer is not None and viewer in {one["person_id"] for one in some},
            "person_ids": [one["person_id"] for one in some[:20]],
        }
        for emoji, some in sorted(by_emoji.items(), key=lambda each: (-len(each[1]), each[1][0]["id"]))
    ]


def follower_ids(naive: "Naive", type_name: str, row: Row) -> set[UUID]:
    """Return the ids of the people who follow a node."""
    chosen = {
        one["person_id"]: one["is_following"]
        for one in naive.tables["Follow"]
        if one[ON[type_name]] == row["id"]
    }
    automatic: set[UUID | None] = set()
    objective = None
    if type_name != "Team":
        said = [
            one for one in naive.tables["Comment"] + naive.tables["Comment removed"] if not one["removed"]
        ]
        if type_name == "Objective":
            objective = row
            automatic |= {row["owner_id"], *row["contributor_ids"]}
        else:
            objective = naive.find("Objective", row["objective_id"])
            automatic |= {row["owner_id"], row["check_in_owner_id"]}
        on = {(ON[type_name], row["id"])}
        for part in PARTS:
            rows = naive.tables[part] + naive.tables.get(f"{part} removed", [])
            on |= {(ON[part], one["id"]) for one in rows if one.get(ON[type_name]) == row["id"]}
        said = [one for one in said if any((name, one[name]) in on for name in ON.values() if name in one)]
        for one in said:
            automatic |= {one["author_person_id"], *one["mention_ids"]}
    people = {one["id"]: one for one in naive.tables["Person"]}
    found = {id for id in automatic if id in people and chosen.get(id) is not False}
    found |= {id for id, is_following in chosen.items() if is_following}
    return {id for id in found if id and people[id]["active"] and _sees(people[id], objective)}


def _sees(person: Row, objective: Row | None) -> bool:
    if objective is None or person["role"] == "ADMIN":
        return True
    if person["role"] == "VIEWER" and (objective["state"] == "DRAFT" or objective["is_dropped_draft"]):
        return False
    return objective["viewer_ids"] is None or person["id"] in objective["viewer_ids"]


def followers(naive: "Naive", type_name: str, row: Row, **page: Any) -> dict[str, Any]:
    """Return a page of the people who follow a node."""
    ids = follower_ids(naive, type_name, row)
    found = [one for one in naive.tables["Person"] if one["id"] in ids]
    return naive.connection("Person", found, None, parent=row["id"], **page)


def viewer_follows(naive: "Naive", type_name: str, row: Row) -> bool:
    """Return whether the viewer follows a node."""
    return naive.actor.author.person_id in follower_ids(naive, type_name, row)


def follows(naive: "Naive", row: Row, **page: Any) -> dict[str, Any]:
    """Return a page of what a person has chosen to follow."""
    found = [one for one in naive.all("Follow") if one["person_id"] == row["id"] and one["is_following"]]
    return naive.connection("Follow", found, None, parent=row["id"], **page)
