"""Attacks by theme; importing this package fills the table."""

from attack.cases import connections, frozen, inputs, queries, subscriptions, upheavals
from attack.table import ATTACKS

# The short form: each kind of harm once, over one transport, with little data; each is known to harm a server
# without limits.
SHORT = (
    "1-locked",
    "5-killed",
    "8a-parents-http",
    "8d-descriptions-stream",
    "9a-head",
    "10a-filters-stream",
    "11a-viewers-socket",
    "11b-invalid-http",
    "15a-pings",
    "15c-unfinished",
)

__all__ = ["ATTACKS", "SHORT", "connections", "frozen", "inputs", "queries", "subscriptions", "upheavals"]
