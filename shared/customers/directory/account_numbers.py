"""Which customer an account number names: learned once, for the pair never changes."""

from collections import OrderedDict

from shared.customers.domain.directory import account_bucket
from shared.ports.documents import Documents

MOST_REMEMBERED = 20_000


class Accounts:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def customer_key(self, legal_entity: str, account_number: str) -> str | None:
        """Return the GUID of the customer. At most one point read, none the second time."""
        place = (legal_entity, account_number)
        if place in self._known:
            self._known.move_to_end(place)
            return self._known[place]
        entry = await self._documents.read(
            "directory", (legal_entity, account_bucket(account_number)), "account"
        )
        if entry is None:
            return None
        self._known[place] = entry.body["customerKey"]
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return self._known[place]
