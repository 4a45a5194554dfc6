"""The demo's company: Saltwind Ferries, which nobody has ever sailed with, and who works there."""

from dataclasses import dataclass

NAME = "Saltwind Ferries"
TIME_ZONE = "Europe/Lisbon"
DIRECTOR = "ines"


@dataclass(frozen=True, slots=True)
class Someone:
    """A person; `weekday` is how many days into the week they check in."""

    key: str
    name: str
    weekday: int = 0

    @property
    def email(self) -> str:
        """An address that can never receive anything."""
        return f"{self.key}@saltwind.example"


@dataclass(frozen=True, slots=True)
class Group:
    """A team and the one above it."""

    key: str
    name: str
    under: str | None = None


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
    Group("operations", "Operations"),
    Group("fleet", "Fleet", "operations"),
    Group("ports", "Port Crews", "operations"),
    Group("digital", "Digital"),
    Group("booking", "Booking", "digital"),
)
