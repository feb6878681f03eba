"""Which customer an account number names: looked up once, because the pair never changes."""

from collections import OrderedDict

from shared.customers.directory.documents import read_account
from shared.ports.documents import Documents

MAX_REMEMBERED = 20_000


class AccountNumbers:
    """Remembers the pairs that this process looked up last."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._keys: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def customer_key(self, legal_entity: str, account_number: str) -> str | None:
        """Return the GUID of the customer. At most one point read, none the second time."""
        account = (legal_entity, account_number)
        if account in self._keys:
            self._keys.move_to_end(account)
            return self._keys[account]
        entry = await read_account(self._documents, legal_entity, account_number)
        if entry is None:
            return None
        self._keys[account] = entry.body["customerKey"]
        if len(self._keys) > MAX_REMEMBERED:
            self._keys.popitem(last=False)
        return self._keys[account]
