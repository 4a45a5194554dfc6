"""Computations in steps, so that long ones can be interrupted."""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""A computation that yields after each of its steps, so that others can have their turn in between."""
