"""Reading what was imported for a customer."""

from shared.measures.documents import find_imported
from shared.measures.domain.imported import Imported
from shared.ports.documents import Documents


async def load_measures(documents: Documents, legal_entity: str, key: str) -> Imported:
    """Return the imported values, none where nothing was imported. One point read."""
    imported = await find_imported(documents, legal_entity, key)
    return imported.value if imported else Imported()
