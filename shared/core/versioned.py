"""A value together with the version that the store knows it by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """`etag` changes with every write of the value."""

    value: T
    etag: str

    def map(self, convert: Callable[[T], U]) -> "Versioned[U]":
        """Return another form of the value, at the same version."""
        return Versioned(convert(self.value), self.etag)
