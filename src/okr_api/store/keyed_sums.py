"""Dictionary of sums by key, such as the weight in progress of each token; keys with sum 0 are removed."""

from collections.abc import Hashable


class KeyedSums(dict[Hashable, int]):
    """Dictionary of sums; a key is removed when its sum is 0."""

    def add(self, key: Hashable, amount: int) -> int:
        """Add to the sum of a key, and return it."""
        total = self.get(key, 0) + amount
        if total:
            self[key] = total
        else:
            self.pop(key, None)
        return total
