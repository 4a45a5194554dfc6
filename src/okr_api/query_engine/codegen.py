"""Building: the text of a function that makes dict displays from rows, and the function itself."""

from collections.abc import Callable, Sequence
from typing import Any

Build = Callable[[Sequence[Any], Any, Sequence[Any]], list[dict[str, Any]]]


class FallbackRequired(Exception):
    """A compiled answer would have to tell of an error; graphql-core tells it instead."""


def require(value: Any) -> Any:
    """The value; refuses (`FallbackRequired`) a null where the schema has none."""
    if value is None:
        raise FallbackRequired
    return value


class Found(dict[Any, Any]):
    """What was found by key; refuses (`FallbackRequired`) to give what was not."""

    def __missing__(self, key: Any) -> Any:
        raise FallbackRequired


class Builder:
    """The constants that a built function refers to, by the names it gives them."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {"needed": require}

    def constant(self, value: Any) -> str:
        """The name under which the function finds a value."""
        for name, known in self.constants.items():
            if known is value:
                return name
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name


def build_function(display: str, builder: Builder) -> tuple[Build, str]:
    """The function that makes an object of each row, and its text."""
    source = f"def build(rows, now, found):\n    return [{display} for r in rows]\n"
    names: dict[str, Any] = dict(builder.constants)
    exec(compile(source, "<built>", "exec"), names)  # noqa: S102  the text is made of literals and known names
    build: Build = names["build"]
    return build, source
