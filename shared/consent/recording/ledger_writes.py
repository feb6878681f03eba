"""What writes the entries of a recording."""

from typing import Final

from shared.consent import documents
from shared.consent.recording.recording import Recording
from shared.customers.domain.customers import Customer
from shared.ports.documents import Operation

MAX_TAKEN_OVER: Final = 40  # each is two operations of the commit


async def take_over(recording: Recording, before: Customer | None) -> list[Operation]:
    """Take over what was recorded before there was a chain; return what removes it there."""
    if before is None or before.ledger is not None:
        return []
    older = await documents.unchained(recording.customer.id, recording.context)
    if len(older) > MAX_TAKEN_OVER:
        return []  # they stay readable as they are: a withdrawal must fit into its commit
    for document in older:
        recording.chain(documents.entry_of(document))
    return [documents.remove_document(document) for document in older]


def write_entries(recording: Recording) -> list[Operation]:
    return [documents.create_entry(entry) for entry in recording.entries]
