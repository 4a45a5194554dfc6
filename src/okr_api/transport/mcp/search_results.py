"""Filters of the tool `search`, and results of `search` and `fetch` in the form that research clients expect.

`search` returns `results` of `id`, `title`, `url` and a short `text`; `fetch` one object of `id`, `title`,
`text`, `url` and `metadata`. The service has no pages, so a URL names a node and is not an address.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

MAX_EXCERPT_CHARACTERS = 200
MAX_SEARCH_WORDS = 10  # further ones are not looked for
URL = "okr:node/"
FILTERED = {"objectives": "title", "keyResults": "title", "teams": "name", "people": "name"}
TITLES = ("title", "name", "text")
EXCERPTS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "objectives": lambda node: f"Objective of {node['cycle']['name']}, {node['status']}",
    "keyResults": lambda node: f"Key result of {node['objective']['title']}, {node['status']}",
    "lessons": lambda node: f"Lesson: {node['text'] or ''}",
    "teams": lambda _: "Team",
    "people": lambda _: "Person",
}


def search_filters(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters by the words of `query`: each must be contained in the title or name."""
    query = arguments.get("query")
    words = query.split()[:MAX_SEARCH_WORDS] if isinstance(query, str) else []
    return {
        variable: {"and": [{field: {"contains": word}} for word in words or [""]]}
        for variable, field in FILTERED.items()
    }


def search_results(data: dict[str, Any]) -> dict[str, Any]:
    """Return what was found as one list: objectives, key results, lessons, teams, people."""
    return {"results": [_found(kind, node) for kind, found in data.items() for node in _nodes(found)]}


def _nodes(connection: dict[str, Any] | None) -> list[dict[str, Any]]:
    return connection["nodes"] if connection else []


def _found(kind: str, node: dict[str, Any]) -> dict[str, Any]:
    text = EXCERPTS[kind](node)[:MAX_EXCERPT_CHARACTERS]
    return {"id": node["id"], "title": _title(node), "url": URL + node["id"], "text": text}


def fetched(data: dict[str, Any]) -> dict[str, Any]:
    """Return a node with all that was read of it, as JSON in `text`."""
    node = data["node"]
    return {
        "id": node["id"],
        "title": _title(node),
        "text": orjson.dumps(node).decode(),
        "url": URL + node["id"],
        "metadata": {"type": node["__typename"]},
    }


def _title(node: dict[str, Any]) -> str:
    return next((node[name] for name in TITLES if node.get(name)), "")


PRESENTERS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "search": search_results,
    "fetch": fetched,
}
DERIVED_VARIABLES: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {"search": search_filters}
