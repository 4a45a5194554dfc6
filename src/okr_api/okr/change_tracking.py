"""Change tracking: dictionaries that know which values changed since load or save; one of plain entities."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar
from uuid import UUID

K = TypeVar("K")
V = TypeVar("V")
NEW: Any = object()


class PlainEntity(Protocol):
    """Fields of every plain entity; one that can be removed has `removed` as well."""

    @property
    def id(self) -> UUID: ...

    @property
    def external_id(self) -> str | None: ...

    @property
    def version(self) -> int: ...


P = TypeVar("P", bound=PlainEntity)


class TrackedDict(dict[K, V]):
    """A dictionary that tracks changes since its values were loaded, and calls `edited` on each change."""

    def __init__(self, edited: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._edited = edited
        self._before: dict[K, V] = {}  # of each changed key: its stored value, or NEW

    def remember(self, key: K, value: V) -> None:
        """Add a stored value, unless the key is present or has been removed."""
        if key not in self and key not in self._before:
            super().__setitem__(key, value)

    def __setitem__(self, key: K, value: V) -> None:
        if key not in self._before:
            self._before[key] = self.get(key, NEW)
        super().__setitem__(key, value)
        if self._edited:
            self._edited()

    def __delitem__(self, key: K) -> None:
        if key not in self._before:
            self._before[key] = self.get(key, NEW)
        super().__delitem__(key)
        if self._edited:
            self._edited()

    def update(self, values: Mapping[K, V]) -> None:  # type: ignore[override]
        """Set all of the values."""
        for key, value in values.items():
            self[key] = value

    def before(self, key: K) -> V | None:
        """Return the stored value, or None for a new key."""
        value = self._before.get(key, self.get(key))
        return None if value is NEW else value

    def changed(self) -> list[V]:
        """Return new and replaced values, in the order in which they were first changed."""
        return [self[key] for key in self.changed_keys()]

    def changed_keys(self) -> list[K]:
        """Return the keys of new and replaced values, in the order in which they were first changed."""
        return [key for key, value in self._before.items() if key in self and self[key] is not value]

    def removed(self) -> list[V]:
        """Return stored values that have been removed."""
        return [value for key, value in self._before.items() if value is not NEW and key not in self]

    def derive(self, key: K, value: V) -> None:
        """Replace a value by one that differs in what is derived only, which is no change of it."""
        super().__setitem__(key, value)

    def forget(self, key: K) -> V:
        """Remove an unchanged value without recording a removal."""
        return super().pop(key)

    def settle(self) -> None:
        """Mark all values as saved."""
        self._before.clear()

    def dismantling(self) -> Generator[None, None, None]:
        """Remove the values one by one, yielding after each, as freeing very many values takes long."""
        for values in (self._before, self):
            while values:
                values.popitem()
                yield


class PlainEntities(dict[type[Any], TrackedDict[UUID, Any]]):
    """Plain entities that are loaded or new, by class and id."""

    def of(self, model: type[P]) -> TrackedDict[UUID, P]:
        """Return the entities of a class, by id."""
        return self.setdefault(model, TrackedDict())

    def put(self, entity: PlainEntity) -> None:
        """Add an entity, or replace it by its next version."""
        self.of(type(entity))[entity.id] = entity

    def remove(self, entity: PlainEntity) -> None:
        """Delete an entity softly: its row stays as `removed`, and its external id is free again."""
        edited: Any = entity
        self.put(replace(edited, removed=True, external_id=None, version=entity.version + 1))
