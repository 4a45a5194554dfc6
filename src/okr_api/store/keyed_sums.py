"""Sums by key, such as what each token has under way."""

from collections.abc import Hashable


class KeyedSums(dict[Hashable, int]):
    """Sums by key; a key whose sum is nothing takes no room."""

    def add(self, key: Hashable, amount: int) -> int:
        """Add to the sum of a key, and return it."""
        total = self.get(key, 0) + amount
        if total:
            self[key] = total
        else:
            self.pop(key, None)
        return total
