"""What each capability holds of a customer: the list that export and erasure walk through."""

from collections.abc import Sequence
from typing import Protocol


class Holding(Protocol):
    """Documents of one type that say something of a customer."""

    document_type: str


HOLDINGS: Sequence[Holding] = ()
