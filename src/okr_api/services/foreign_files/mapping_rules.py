"""Rules of mapping files as pydantic models: which cell of a row becomes which field of an entity."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Text = Annotated[str, Field(min_length=1, max_length=500)]


class Part(BaseModel):
    """Part of a mapping file; unknown fields are rejected."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(Part):
    """Where a value comes from: exactly one of `column`, `first_of`, `join` and `value`.

    The name of a column alone is short for `column`. Names are compared without case and repeated spaces.
    Columns that the service adds: `@row` is the number of the row, `@id`, `@parent` and `@title` come from
    `tree`, and `@above` is the id of the last objective above.
    """

    column: Text | None = Field(None, description="The column with the value.")
    first_of: tuple[Text, ...] = Field((), description="Columns, of which the first that is filled counts.")
    join: tuple[Text, ...] = Field((), description="Columns that are joined with ' / '.")
    value: str | float | None = Field(None, description="The same value for every row.")
    split: Text | None = Field(
        None, description="Characters of which each separates the values of a cell; lines always do."
    )
    values: dict[str, str | None] | None = Field(
        None, description="What a cell says, and what it becomes; null leaves it out. Case does not matter."
    )
    unknown_values: Literal["reject", "leave_out"] = Field(
        "reject", description="What becomes of a cell that `values` does not have."
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> "Cell":
        given = [self.column is not None, bool(self.first_of), bool(self.join), self.value is not None]
        if sum(given) != 1:
            raise ValueError("exactly one of column, first_of, join and value is needed")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it reads."""
        return (self.column,) if self.column is not None else self.first_of + self.join


def _from_name(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


Source = Annotated[Cell, BeforeValidator(_from_name, json_schema_input_type=Text | Cell)]
Optional = Annotated[Source | None, Field(None)]


class Condition(Part):
    """Condition on a row: its cell is one of `is_in`, or `filled`."""

    column: Text
    is_in: tuple[str, ...] | None = Field(None, description="The values that fit. Case does not matter.")
    filled: bool | None = Field(None, description="Whether the cell has to be filled, or empty.")

    @model_validator(mode="after")
    def _has_one_check(self) -> "Condition":
        if (self.is_in is None) == (self.filled is None):
            raise ValueError("exactly one of is_in and filled is needed")
        return self


class Rule(Part):
    """What one row of the table becomes, if all its conditions hold."""

    when: tuple[Condition, ...] = ()
    repeat: bool = Field(
        default=False, description="Replace {n} in the names of columns by 1, 2, … as far as there are such."
    )
    distinct: bool = Field(default=False, description="Rows with an id that was there before are the same.")
    id: Source

    def sources(self) -> list[tuple[str, Cell]]:
        """Return the fields that are given, with where their values come from."""
        named = ((name, getattr(self, name)) for name in type(self).model_fields)
        return [(name, given) for name, given in named if isinstance(given, Cell)]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it reads, those of its conditions too."""
        read = [column for _, source in self.sources() for column in source.columns]
        return (*read, *(each.column for each in self.when))


class ObjectiveRule(Rule):
    """Row that is an objective. `cycle` is the name of its period; without it, its days decide."""

    title: Source
    description: Optional
    also_known_as: Annotated[
        Source | None, Field(None, description="A further id, by which `parents` may name it.")
    ]
    parents: Annotated[
        Source | None, Field(None, description="Ids of objectives or key results that it contributes to.")
    ]
    weight: Annotated[Source | None, Field(None, description="Its weight in its parents.")]
    owners: Annotated[
        Source | None, Field(None, description="E-mail addresses or names; the first is the owner.")
    ]
    contributors: Annotated[
        Source | None, Field(None, description="E-mail addresses or names of others who contribute.")
    ]
    team: Annotated[
        Source | None, Field(None, description="Names of teams; an objective has one, the first.")
    ]
    cycle: Optional
    starts_on: Optional
    ends_on: Optional
    visibility: Annotated[Source | None, Field(None, description="ORGANIZATION, TEAM or PRIVATE.")]
    kind: Annotated[Source | None, Field(None, description="COMMITTED, ASPIRATIONAL or LEARNING.")]
    state: Annotated[Source | None, Field(None, description="DRAFT, PUBLISHED, PAUSED or DROPPED.")]
    published_score: Annotated[Source | None, Field(None, description="A score from 0 to 1.")]

    @property
    def only_drops(self) -> bool:
        """Return whether it says nothing of an objective but that it is dropped."""
        is_dropped = self.state is not None and self.state.value == "DROPPED"
        return is_dropped and {name for name, _ in self.sources()} <= {"id", "title", "state"}


class KeyResultRule(Rule):
    """Row that is a key result, or has one. `objective` is the id of its objective."""

    title: Source
    objective: Source
    description: Optional
    also_known_as: Optional
    owners: Optional
    type: Annotated[
        Source | None,
        Field(None, description="metric, percent, score, milestone or ordinal, as in docs/interchange.md."),
    ]
    direction: Annotated[Source | None, Field(None, description="increase or decrease.")]
    unit: Optional
    start: Optional
    target: Optional
    current: Annotated[Source | None, Field(None, description="The last value; it becomes a reading.")]
    status: Annotated[
        Source | None, Field(None, description="ON_TRACK, AT_RISK or OFF_TRACK, reported with the value.")
    ]
    weight: Optional
    due_on: Optional
    labels: Optional
    state: Annotated[Source | None, Field(None, description="ACTIVE, PAUSED or DROPPED.")]
    published_score: Optional
    only_without_parts: bool = Field(
        default=False,
        description="Leave it out if objectives lie below its objective: its progress is then theirs.",
    )


class PersonRule(Rule):
    """Row that is a person. Without `id` of its own, the e-mail address is a good one."""

    name: Source
    email: Optional
    teams: Annotated[Source | None, Field(None, description="Names of teams that the person is in.")]
    role: Annotated[Source | None, Field(None, description="ADMIN, MEMBER or VIEWER.")]


class TeamRule(Rule):
    """Row that is a team. Objectives name teams by `id`, so it is the name."""

    name: Source
    parent: Optional
    leads: Annotated[Source | None, Field(None, description="E-mail addresses or names of its leads.")]
