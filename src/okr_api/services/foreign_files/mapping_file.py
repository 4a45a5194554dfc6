"""Mapping files as pydantic models: how to recognise and read the file of a tool, with rules for its rows."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from .errors import MappingIsUnclear
from .mapping_rules import KeyResultRule, ObjectiveRule, Part, PersonRule, Rule, TeamRule, Text

MAX_MAPPING_BYTES = 262_144
MAX_TOLD_PROBLEMS = 5


class Tree(Part):
    """Columns that say where a row stands in the tree; they give `@id`, `@parent` and `@title`."""

    outline: Text | None = Field(None, description="A column with numbers such as 1.2.1, below 1.2.")
    levels: tuple[Text, ...] = Field((), description="Columns, one for each level, with the titles.")

    @model_validator(mode="after")
    def _has_one_form(self) -> "Tree":
        if (self.outline is None) == (not self.levels):
            raise ValueError("exactly one of outline and levels is needed")
        return self


class Mapping(Part):
    """A mapping file: how the table of a tool, or the JSON of one, becomes objectives and key results."""

    format: Literal["okr-mapping/1"]
    title: Text = Field(description="Which file of which tool it is for.")
    source: Literal["table", "json"] = Field("table", description="table is a CSV file or a spreadsheet.")
    records: Text | None = Field(
        None, description="For json: the path of the list of records, at any depth, such as workItems.nodes."
    )
    requires: tuple[Text, ...] = Field(
        min_length=1, description="The columns by which the file is recognised; all of them must be there."
    )
    namespace: Text | None = Field(
        None,
        description="Prefix of the external ids, for tools with ids of their own; else the file's name.",
    )
    decimal: Literal[".", ","] | None = Field(
        None, description="The decimal sign of numbers; by default that of the numbers that show it."
    )
    dates: tuple[Text, ...] = Field(
        (), description="Formats of days beside 2026-01-31, 31.01.2026 and 31 Jan 2026, such as %m/%d/%Y."
    )
    tree: Tree | None = None
    teams: tuple[TeamRule, ...] = ()
    people: tuple[PersonRule, ...] = ()
    objectives: tuple[ObjectiveRule, ...] = ()
    key_results: tuple[KeyResultRule, ...] = ()

    @model_validator(mode="after")
    def _makes_something(self) -> "Mapping":
        if not self.rules:
            raise ValueError("one of teams, people, objectives and key_results is needed")
        if (self.source == "json") != (self.records is not None):
            raise ValueError("records is needed for json, and only there")
        return self

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return all rules."""
        return (*self.teams, *self.people, *self.objectives, *self.key_results)


def parse_mapping(content: bytes, named: str) -> Mapping:
    """Return the mapping of a file's content.

    Raises:
        MappingIsUnclear: it is no JSON, has an unknown field, or lacks one; the message names up to
            `MAX_TOLD_PROBLEMS` places.
    """
    if len(content) > MAX_MAPPING_BYTES:
        raise MappingIsUnclear(f"{named} has more than {MAX_MAPPING_BYTES:,} bytes, and so is no mapping")
    try:
        return Mapping.model_validate_json(content, strict=False)
    except ValidationError as problem:
        told = [_in_words(each) for each in problem.errors(include_url=False)[:MAX_TOLD_PROBLEMS]]
        raise MappingIsUnclear(f"{named} is no mapping: {'; '.join(told)}") from None


def read_mapping(path: Path) -> Mapping:
    """Return the mapping in a file.

    Raises:
        MappingIsUnclear: as `parse_mapping`, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MAPPING_BYTES + 1)
    except OSError as problem:
        raise MappingIsUnclear(f"{path} cannot be read: {problem.strerror}") from None
    return parse_mapping(content, str(path))


def _in_words(problem: Any) -> str:
    """Return a validation error with its place, such as `objectives.0.colour: unknown field`."""
    place = ".".join(str(step) for step in problem["loc"] if not str(step).startswith("function-"))
    message = "unknown field" if problem["type"] == "extra_forbidden" else problem["msg"]
    return f"{place}: {message}" if place else message
