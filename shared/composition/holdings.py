"""What each capability stores about a customer: the list that export and erasure go through."""

from collections.abc import Sequence
from typing import Protocol


class Holding(Protocol):
    """Documents of one type with data about a customer."""

    document_type: str


HOLDINGS: Sequence[Holding] = ()
