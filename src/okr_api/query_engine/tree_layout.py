"""Objective tree layout, pure functions: rows depth-first with depth and parents; `tree_query` loads them.

In most trees no objective has two parents: these are walked once. Others, and those with hidden objectives,
are laid out in general.
"""

from collections.abc import Generator, Mapping, Sequence, Set
from typing import NamedTuple

from okr_api.okr.entity import NodeType
from okr_api.okr.errors import TooMany

from .global_ids import PREFIXES

OBJECTIVE = PREFIXES[NodeType.OBJECTIVE]
MAX_TREE_PARENTS = 200_000  # of all objectives together, where some hang on others than their parents
Row = tuple[str, int, list[str]]  # an objective's id, its depth and the global ids of its parents


class TreeLayout(NamedTuple):
    """The objectives of a tree: the ids of its roots, and the rows of all, depth-first."""

    root_ids: list[str]
    rows: list[Row]

    def without(self, hidden: Set[str]) -> "TreeLayout":
        """Return the layout without these objectives, beneath which there are none."""
        if not hidden:
            return self
        return TreeLayout(
            [id for id in self.root_ids if id not in hidden],
            [row for row in self.rows if row[0] not in hidden],
        )


def lay_out_tree(
    here: set[str], beneath: Mapping[str, list[str]], hidden: set[str], root: str | None, depth: int | None
) -> Generator[None, None, TreeLayout]:
    """Return the layout of the objectives `here`, by the children `beneath` each; hidden ones are skipped.

    Depths are by the shortest path. The children of a hidden objective hang on the nearest ones above it that
    are not hidden. Yields between steps.

    Raises:
        TooMany: objectives hang on more than 200,000 others together.
    """
    served: set[str] = set().union(*beneath.values())
    single = len(served) == sum(map(len, beneath.values()))
    if root in hidden:
        return TreeLayout([], [])
    if hidden or not single:
        return (yield from _laid_out(sorted(here), beneath, hidden, root, depth))
    roots = sorted(here - served) if root is None else [root] if root in here else []
    return TreeLayout(roots, _walked(roots, beneath, depth))


def _walked(roots: Sequence[str], beneath: Mapping[str, list[str]], depth: int | None) -> list[Row]:
    """Return the rows of a tree in which no objective has two parents."""
    rows: list[Row] = []
    nobody: list[str] = []
    waiting: list[Row] = [(root, 0, nobody) for root in reversed(roots)]
    while waiting:
        row = waiting.pop()
        rows.append(row)
        children = beneath.get(row[0])
        if children and (depth is None or row[1] < depth):
            children.sort(reverse=True)
            below, parents = row[1] + 1, [f"{OBJECTIVE}_{row[0]}"]  # shared by siblings: do not modify it
            waiting += [(child, below, parents) for child in children]
    return rows


def _laid_out(
    ids: Sequence[str],
    beneath: Mapping[str, Sequence[str]],
    hidden_ids: set[str],
    root_id: str | None,
    depth: int | None,
) -> Generator[None, None, TreeLayout]:
    """Return the layout of any tree; objectives are numbered in the order of their ids."""
    places = {id: place for place, id in enumerate(ids)}
    hidden = {places[id] for id in hidden_ids}
    parents: list[list[int]] = [[] for _ in ids]
    for parent in sorted(beneath):
        for child in dict.fromkeys(beneath[parent]):
            parents[places[child]].append(places[parent])
        yield
    if hidden:
        parents = yield from _past(parents, hidden)
    if root_id in places:
        parents[places[root_id]] = []
    return _flat(ids, parents, hidden, depth)


def _past(parents: Sequence[list[int]], hidden: set[int]) -> Generator[None, None, list[list[int]]]:
    """Return the parents of each, hidden ones replaced by the nearest ones above that are not, in order.

    Those of a hidden objective are found once. Where there is nothing to add, a list is shared.
    """
    found: list[list[int] | None] = [None] * len(parents)
    named = 0
    for start in range(len(parents)):
        waiting = [start]
        while waiting:
            place = waiting[-1]
            if found[place] is None:
                first = [one for one in parents[place] if one in hidden and found[one] is None]
                if first:
                    waiting += first
                    continue
                found[place] = near = _nearest(parents[place], hidden, found)
                named += len(near)
                if named > MAX_TREE_PARENTS:
                    raise TooMany(f"The objectives of a tree have at most {MAX_TREE_PARENTS} parents in it")
            waiting.pop()
            yield
    return [one or [] for one in found]


def _nearest(direct: list[int], hidden: set[int], found: Sequence[list[int] | None]) -> list[int]:
    if not any(parent in hidden for parent in direct):
        return direct
    if len(direct) == 1:
        return found[direct[0]] or []
    near: set[int] = set()
    for parent in direct:
        near.update(found[parent] or () if parent in hidden else (parent,))
    return sorted(near)


def _flat(
    ids: Sequence[str], parents: Sequence[Sequence[int]], hidden: set[int], depth: int | None
) -> TreeLayout:
    shown = [place for place in range(len(ids)) if place not in hidden] if hidden else range(len(ids))
    children: list[list[int] | None] = [None] * len(ids)  # each in reverse order
    for place in reversed(shown):
        for parent in parents[place]:
            beneath = children[parent]
            if beneath is None:
                children[parent] = [place]
            else:
                beneath.append(place)
    roots = [place for place in shown if not parents[place]]
    depths = _depths(roots, children, len(ids))
    named = _parent_ids(ids, parents)
    rows: list[Row] = []
    waiting = roots[::-1]
    while waiting:
        place = waiting.pop()
        at = depths[place]
        if at < 0 or (depth is not None and at > depth):
            continue
        depths[place] = -1  # its row is added once
        rows.append((ids[place], at, named[place]))
        beneath = children[place]
        if beneath is not None:
            waiting += beneath
    return TreeLayout([ids[place] for place in roots], rows)


def _depths(roots: Sequence[int], children: Sequence[Sequence[int] | None], size: int) -> list[int]:
    """Return each objective's number of steps from the nearest root; -1 if it is beneath none."""
    depths = [-1] * size
    wave, at = list(roots), 0
    while wave:
        following: list[int] = []
        for place in wave:
            if depths[place] < 0:
                depths[place] = at
                beneath = children[place]
                if beneath is not None:
                    following += beneath
        wave, at = following, at + 1
    return depths


def _parent_ids(ids: Sequence[str], parents: Sequence[Sequence[int]]) -> list[list[str]]:
    """Return the global ids of each objective's parents; siblings share a list: do not modify it."""
    shared: dict[int, list[str]] = {}
    none: list[str] = []
    named: list[list[str]] = []
    for one in parents:
        if len(one) == 1:
            parent = one[0]
            if parent not in shared:
                shared[parent] = [f"{OBJECTIVE}_{ids[parent]}"]
            named.append(shared[parent])
        else:
            named.append([f"{OBJECTIVE}_{ids[parent]}" for parent in one] if one else none)
    return named
