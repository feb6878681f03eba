"""Bringing settings into the index: the tables of a job are compared with what it says.

Settings are few. Comparing sees removals, which a change feed does not, and cannot be late.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.configuration.companies import read_company
from shared.configuration.domain.collections import ATTRIBUTE_GROUPS, COLLECTIONS
from shared.configuration.domain.stores import Worker
from shared.configuration.features import list_features
from shared.configuration.settings import all_settings, read_parameters
from shared.context import Context
from shared.core.values import Record
from shared.distribution.domain.entries import EVERYBODY, Entry, Row, gone, hash_of, put
from shared.distribution.domain.scopes import CUSTOMER_TABLES
from shared.distribution.index import documents
from shared.distribution.index.appending import append

SHARD: Final = "settings"
SECRET: Final = frozenset({"customerInsights"})  # how head office reaches another service


class Found(NamedTuple):
    """A row as it is now, and who may hold it."""

    key: str
    row: Row
    reach: tuple[str, ...] = (EVERYBODY,)


async def index_tables(tables: Sequence[str], context: Context) -> int:
    """Append what differs in these tables; return how many entries that is. Raises Unavailable.

    A query for each page of a table, and of what the index says of it. Tables of customers are
    not compared: their change feed brings them.
    """
    if not CUSTOMER_TABLES.isdisjoint(tables):
        return 0

    async def find() -> list[Entry]:
        return [entry for table in tables async for entry in _differing(table, context)]

    return len(await append(SHARD, find, context))


async def _differing(table: str, context: Context) -> AsyncIterator[Entry]:
    stored = {entry.key: entry async for entry in documents.entries_in_table(SHARD, table, context)}
    for found in await rows_of(table, context):
        known = stored.pop(found.key, None)
        is_known = known and known.alive and known.hash == hash_of(found.row)
        if not (is_known and known and known.reach == tuple(sorted(found.reach))):
            version = known.version + 1 if known else 1
            yield put(
                table,
                found.key,
                found.row,
                version=version,
                reach=found.reach,
                now=context.now,
            )
    for known in stored.values():
        if known.alive:
            yield gone(known, version=known.version + 1, now=context.now)


async def rows_of(table: str, context: Context) -> list[Found]:
    """Return the rows of a table of settings, as they are answered."""
    if table in OF_THEIR_OWN:
        return await OF_THEIR_OWN[table](context)
    collection = COLLECTIONS[table]
    settings = await all_settings(collection, context=context)
    return [Found(collection.key_of(one), _json(one), _reach(one)) for one in settings]


def _reach(setting: Any) -> tuple[str, ...]:
    """Return who may hold it: of workers the stores whose employee books they are in."""
    return tuple(setting.employee_address_books) if isinstance(setting, Worker) else (EVERYBODY,)


async def _company(context: Context) -> list[Found]:
    company = (await read_company(context=context)).value
    return [Found(company.legal_entity, _json(company))]


async def _parameters(context: Context) -> list[Found]:
    parameters = _json((await read_parameters(context=context)).value)
    shown = {name: value for name, value in parameters.items() if name not in SECRET}
    return [Found("parameters", shown)]


async def _features(context: Context) -> list[Found]:
    features = (await list_features(context=context)).value
    return [Found(feature.name, _json(feature)) for feature in features]


async def _card_layout(context: Context) -> list[Found]:
    """Return the groups of attributes that customers and client books show, whole."""
    parameters = (await read_parameters(context=context)).value
    groups = {
        "customerAttributeGroup": parameters.customer_attribute_group,
        "clientBookAttributeGroup": parameters.client_book_attribute_group,
    }
    return [
        Found("card-layout", {part: await _group(name, context) for part, name in groups.items()})
    ]


async def _group(name: str | None, context: Context) -> Mapping[str, Any] | None:
    group = name and await context.configuration.find(context.legal_entity, ATTRIBUTE_GROUPS, name)
    return _json(group) if group else None


def _json(record: Record | Any) -> dict[str, Any]:
    body: dict[str, Any] = record.model_dump(mode="json", by_alias=True)
    return body


OF_THEIR_OWN: Final[Mapping[str, Callable[[Context], Awaitable[list[Found]]]]] = {
    "company": _company,
    "parameters": _parameters,
    "features": _features,
    "card-layout": _card_layout,
}
