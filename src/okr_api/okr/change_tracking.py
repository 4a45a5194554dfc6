"""Values as they were remembered and as they are now, so that only what changed is saved."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")
NEW: Any = object()


class TrackedDict(dict[K, V]):
    """A dictionary that knows what has been put into it since it was remembered, and tells `edited`."""

    def __init__(self, edited: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._edited = edited
        self._before: dict[K, V] = {}  # of each key that was touched: its value until then, or NEW

    def remember(self, key: K, value: V) -> None:
        """Takes a value as it is stored; one that is here, or was and has been removed, is not replaced."""
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
        """Puts all of them."""
        for key, value in values.items():
            self[key] = value

    def before(self, key: K) -> V | None:
        """The value as it was remembered, or None for a new one."""
        value = self._before.get(key, self.get(key))
        return None if value is NEW else value

    def changed(self) -> list[V]:
        """New and replaced values, in the order in which they were first touched."""
        return [self[key] for key in self.changed_keys()]

    def changed_keys(self) -> list[K]:
        """The keys of new and replaced values, in the order in which they were first touched."""
        return [key for key, value in self._before.items() if key in self and self[key] is not value]

    def removed(self) -> list[V]:
        """Remembered values that are gone."""
        return [value for key, value in self._before.items() if value is not NEW and key not in self]

    def forget(self, key: K) -> V:
        """Lets a settled value go, as if it had never been remembered."""
        return super().pop(key)

    def settle(self) -> None:
        """Takes everything as it is now for remembered: it has been saved."""
        self._before.clear()

    def dismantling(self) -> Generator[None, None, None]:
        """Let everything go one by one, as freeing very many values takes long."""
        for values in (self._before, self):
            while values:
                values.popitem()
                yield
