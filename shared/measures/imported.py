"""Reading what was imported for a customer."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.ports.documents import Documents
from shared.ports.insights import Value

MEASURES_ID = "measures"


@dataclass(frozen=True, slots=True)
class Imported:
    """The values that were imported for a customer, by measure; `version` counts the changes."""

    values: Mapping[str, Value]
    version: int = 0


async def load_measures(documents: Documents, legal_entity: str, key: str) -> Imported:
    """Return them. One point read."""
    document = await documents.read("customers", (legal_entity, key), MEASURES_ID)
    return Imported(document.body["values"], document.body["version"]) if document else Imported({})
