"""What the viewer may do, for the naive reader: the rules of docs/policy.md, written out once more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from okr_api.auth.actor import Actor, Scope

Row = Mapping[str, Any]
FIELDS = ("edit", "check_in", "comment", "change_visibility", "delete", "review", "edit_members", "edit_structure", "record_meeting")  # fmt: skip
RANKS = list(Scope)
HIGHEST = {"VIEWER": 0, "MEMBER": 2, "ADMIN": 3, None: 3}
DEEPEST = 100


def rank_of(actor: Actor) -> int:
    """Return the place of the highest scope that the token has and the role allows."""
    return min(max(RANKS.index(scope) for scope in actor.scopes), HIGHEST[actor.role])


class Permissions:
    """What an actor may do in an organisation, whose rows are in memory."""

    def __init__(self, tables: Mapping[str, list[Row]], actor: Actor) -> None:
        self.tables = tables
        self.person = actor.author.person_id
        self.rank = rank_of(actor)
        self.is_service = self.person is None
        self.is_admin = actor.role == "ADMIN" or (self.is_service and self.rank == 3)
        self.everyone = tables["Organization"][0]["editing"] == "EVERYONE"

    def leads(self, team: UUID | None) -> bool:
        """Return whether the person leads the team or one above it."""
        return self.has_role(team, "LEAD")

    def is_in(self, team: UUID | None) -> bool:
        """Return whether the person leads the team or one above it, or is a member of one of them."""
        return self.has_role(team, "LEAD", "MEMBER")

    def has_role(self, team: UUID | None, *roles: str) -> bool:
        """Return whether the person has one of the roles in the team or in one above it."""
        parents = {row["id"]: row["parent_id"] for row in self.tables["Team"]}
        led = {
            row["team_id"]
            for row in self.tables["TeamMembership"]
            if row["person_id"] == self.person and row["role"] in roles and not row["removed"]
        }
        for _ in range(DEEPEST + 1):
            if team is None or team in led:
                break
            team = parents[team]
        return team in led

    def of(self, type_name: str, row: Row) -> dict[str, bool]:
        """Return what the actor may do with a node, by field."""
        can = dict.fromkeys(FIELDS, False)
        writes = self.rank >= 2
        structure = writes and (self.everyone or self.is_admin)
        if type_name == "Organization":
            return can | {"edit": self.rank == 3, "edit_structure": structure}
        if type_name in ("Person", "Priority", "Metric", "Cycle", "Pulse"):
            return can | {"edit": structure, "delete": structure}
        if type_name in ("Team", "TeamMembership"):
            team = row["id"] if type_name == "Team" else row["team_id"]
            members = structure or (writes and not self.is_service and self.leads(team))
            if type_name == "Team":
                meets = {"record_meeting": self.records_meetings(row["id"])}
                return can | {"edit": structure, "delete": structure, "edit_members": members} | meets
            return can | {"edit": members, "delete": members}
        if type_name == "Meeting":
            return can | dict.fromkeys(("edit", "delete"), self.records_meetings(row["team_id"]))
        if type_name in ("Initiative", "Dependency", "Roadblock", "Decision", "Experiment", "Lesson"):
            return can | self._of_record(type_name, row)
        if type_name == "ReviewRecord":
            may = self._of_objective("Objective", self._find("Objective", row["objective_id"]))["review"]
            return can | {"edit": may, "delete": may, "comment": self.rank >= 1}
        return can | self._of_objective(type_name, row)

    def stands_in(self, objective: Row, key_result: Row | None) -> bool:
        """Return whether the person is the delegate of who owes the check-in, and is absent today."""
        own = (key_result["check_in_owner_id"] or key_result["owner_id"]) if key_result else None
        owing = own or objective["owner_id"]
        today = datetime.now(ZoneInfo(self.tables["Organization"][0]["time_zone"])).date()
        return owing is not None and any(
            away["person_id"] == owing
            and away["delegate_id"] == self.person
            and away["starts_on"] <= today <= away["ends_on"]
            for away in self.tables["Absence"]
        )

    def records_meetings(self, team: UUID) -> bool:
        return self.rank >= 2 and (self.everyone or self.is_service or self.is_admin or self.is_in(team))

    def _of_record(self, type_name: str, row: Row) -> dict[str, bool]:
        prefix = "needing_" if type_name == "Dependency" else ""
        objective_id, key_result_id = row.get(f"{prefix}objective_id"), row[f"{prefix}key_result_id"]
        if key_result_id is not None:
            objective_id = self._find("KeyResult", key_result_id)["objective_id"]
        edits = self.rank >= 2 and (self.everyone or self.is_service or self.is_admin)
        if objective_id is not None:
            edits = self._of_objective("Objective", self._find("Objective", objective_id))["edit"]
        teams = [*self.tables["Meeting"], *self.tables["Meeting removed"]]
        also = self.person is not None and (
            self.person in (row["owner_id"], row.get("escalated_to_id"))
            or self.leads(row.get("giving_team_id"))
            or any(self.is_in(each["team_id"]) for each in teams if each["id"] == row.get("meeting_id"))
        )
        may = edits or (self.rank >= 2 and also)
        can = {"edit": may, "delete": may if type_name == "Decision" else edits}
        return can | (
            {"comment": self.rank >= 1}
            if type_name in ("Roadblock", "Decision", "Experiment", "Lesson")
            else {}
        )

    def _find(self, type_name: str, id: UUID) -> Row:
        return next(row for row in self.tables[type_name] if row["id"] == id)

    def _of_objective(self, type_name: str, row: Row) -> dict[str, bool]:
        key_result = row if type_name == "KeyResult" else None
        if type_name == "CheckIn" and row["key_result_id"]:
            key_result = self._find("KeyResult", row["key_result_id"])
        of = key_result["objective_id"] if key_result else row.get("objective_id", row["id"])
        objective = self._find("Objective", of)
        owns = self.person is not None and objective["owner_id"] == self.person
        responsible = (
            self.everyone
            or self.is_service
            or self.is_admin
            or owns
            or self.person in objective["contributor_ids"]
            or self.leads(objective["team_id"])
        )
        measures = key_result is not None and self.person in (
            key_result["owner_id"],
            key_result["check_in_owner_id"],
        )
        edits = self.rank >= 2 and responsible
        checks_in = self.rank >= 1 and (responsible or measures or self.stands_in(objective, key_result))
        if type_name == "CheckIn":
            return {"edit": checks_in, "delete": checks_in, "comment": self.rank >= 1}
        return {
            "edit": edits,
            "check_in": checks_in,
            "comment": self.rank >= 1,
            "change_visibility": self.rank >= 2 and (self.is_admin or owns),
            "delete": edits,
            "review": edits,
        }
