"""Values as they were remembered and as they are now, so that only what changed is saved."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(dict[K, V]):
    """A dictionary that knows what has been put into it since it was remembered."""

    def __init__(self) -> None:
        super().__init__()
        self._remembered: dict[K, V] = {}

    def remember(self, key: K, value: V) -> None:
        """Takes a value as it is stored; one that is here, or was and has been removed, is not replaced."""
        if key not in self and key not in self._remembered:
            self[key] = value
            self._remembered[key] = value

    def before(self, key: K) -> V | None:
        """The value as it was remembered, or None for a new one."""
        return self._remembered.get(key)

    def changed(self) -> list[V]:
        """New and replaced values, in order of arrival."""
        return [value for key, value in self.items() if self._remembered.get(key) is not value]

    def changed_keys(self) -> list[K]:
        """The keys of new and replaced values, in order of arrival."""
        return [key for key, value in self.items() if self._remembered.get(key) is not value]

    def removed(self) -> list[V]:
        """Remembered values that are gone."""
        return [value for key, value in self._remembered.items() if key not in self]
