"""Demo company: the made-up Saltwind Ferries with its people and teams, and the steps that add them."""

from dataclasses import dataclass

from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Role
from okr_api.services import organization, teams

from .steps import Step, ref_to

NAME = "Saltwind Ferries"
TIME_ZONE = "Europe/Lisbon"
DIRECTOR = "ines"


@dataclass(frozen=True, slots=True)
class Someone:
    """Person; `weekday` is the offset of their weekly check-in, in days."""

    key: str
    name: str
    weekday: int = 0

    @property
    def email(self) -> str:
        """Return an e-mail address that can never receive anything."""
        return f"{self.key}@saltwind.example"

    @property
    def role(self) -> Role:
        """Return the role in the organisation: the director administers it."""
        return Role.ADMIN if self.key == DIRECTOR else Role.MEMBER


@dataclass(frozen=True, slots=True)
class Group:
    """Team with the keys of its parent team and of the people in it, its lead first."""

    key: str
    name: str
    under: str | None = None
    people: tuple[str, ...] = ()


PEOPLE = (
    Someone(DIRECTOR, "Inês Carvalho", 0),
    Someone("tomas", "Tomás Reis", 0),
    Someone("amara", "Amara Osei", 1),
    Someone("jonas", "Jonas Lindqvist", 2),
    Someone("priya", "Priya Raman", 1),
    Someone("mei", "Mei Tanaka", 3),
    Someone("luca", "Luca Ferri", 2),
    Someone("noor", "Noor Haddad", 3),
)

TEAMS = (
    Group("operations", "Operations", people=("tomas",)),
    Group("fleet", "Fleet", "operations", ("jonas", "luca", "amara", "noor")),
    Group("ports", "Port Crews", "operations", ("luca", "noor", "jonas")),
    Group("digital", "Digital", people=("amara", "priya", "luca")),
    Group("booking", "Booking", "digital", ("priya", "mei", "amara")),
)


def joining() -> list[Step]:
    """Return the steps that add people and teams; the demo itself takes them, as nobody is there yet."""
    people = [
        Step(
            f"person {each.key}",
            do=organization.add_person,
            inputs={
                "name": each.name,
                "email": each.email,
                "external_id": each.key,
                "role": each.role,
            },
        )
        for each in PEOPLE
    ]
    groups = [
        Step(
            f"team {each.key}",
            do=teams.add_team,
            inputs={"name": each.name, "parent": ref_to(each.under), "external_id": each.key},
        )
        for each in TEAMS
    ]
    return people + groups + [_membership(team, place) for team in TEAMS for place in range(len(team.people))]


def _membership(team: Group, place: int) -> Step:
    key = f"{team.key}-{team.people[place]}"
    return Step(
        f"member {key}",
        do=teams.add_member,
        inputs={
            "team": ref_to(team.key),
            "person": ref_to(team.people[place]),
            "role": TeamRole.MEMBER if place else TeamRole.LEAD,
            "external_id": key,
        },
    )
