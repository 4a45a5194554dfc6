"""Code generation: compile a function that builds response objects from rows by dict displays."""

from collections.abc import Callable, Sequence
from typing import Any

Build = Callable[[Sequence[Any], Any, Sequence[Any]], list[dict[str, Any]]]


class FallbackRequired(Exception):
    """Raised when the compiled executor meets a field error; graphql-core then reports it."""


def require(value: Any) -> Any:
    """Return the value of a non-null field.

    Raises:
        FallbackRequired: it is null.
    """
    if value is None:
        raise FallbackRequired
    return value


class Found(dict[Any, Any]):
    """Dict of what was found, by key; a missing key raises `FallbackRequired`."""

    def __missing__(self, key: Any) -> Any:
        raise FallbackRequired


class Builder:
    """Constants that a generated function refers to, by their names in it."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {"needed": require}

    def constant(self, value: Any) -> str:
        """Return the name by which the generated function refers to a value."""
        for name, known in self.constants.items():
            if known is value:
                return name
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name


def build_function(display: str, builder: Builder) -> tuple[Build, str]:
    """Return a function that builds an object from each row, and its source."""
    source = f"def build(rows, now, found):\n    return [{display} for r in rows]\n"
    names: dict[str, Any] = dict(builder.constants)
    exec(compile(source, "<built>", "exec"), names)  # noqa: S102  the text is made of literals and known names
    build: Build = names["build"]
    return build, source
