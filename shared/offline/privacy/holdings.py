"""What uploads store about a customer: lines, results, conflicts, and marks of what was applied."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from pydantic_core import from_json, to_json

from shared.configuration.domain import collections as col
from shared.configuration.settings import all_settings
from shared.context import Context
from shared.customers.holdings.holding import Body, Find, Found, Holding, beside_customer
from shared.customers.holdings.noted import Noted
from shared.offline.conflict_documents import CONFLICT
from shared.offline.documents import CHUNK, CONTAINER, RESULT, STOP
from shared.offline.domain.uploads import RETENTION_SECONDS
from shared.offline.markers import MARKER
from shared.ports.documents import Equal

LISTS: Final = ("content", "lines")  # since version 2, and before
EMPTIED: Final = "{}"  # a line that can be read, and says nothing


def _in_channels(document_type: str, is_of: Callable[[Body, Noted], bool]) -> Find:
    """Return a finder of documents of a type in all channels, by what they say."""

    async def find(noted: Noted, context: Context) -> AsyncIterator[Found]:
        for store in await all_settings(col.STORES, context=context):
            partition = context.partition(store.store_number)
            of_type = Equal("type", document_type)
            async for document in context.documents.all(CONTAINER, partition, of_type):
                if is_of(document.body, noted):
                    yield Found(CONTAINER, partition, document)

    return find


def _names(body: Body, noted: Noted) -> bool:
    return body.get("customerId") in noted.names or body.get("heldFor") in noted.names


def _has_lines(body: Body, noted: Noted) -> bool:
    return any(_is_of(line, noted) for line in _lines(body))


def _lines(body: Body) -> list[str]:
    return [text for name in LISTS for _, text in body.get(name) or ()]


def _is_of(text: str, noted: Noted) -> bool:
    """Return whether the line is an operation on the customer."""
    if not any(name in text for name in noted.names):
        return False
    try:
        line = from_json(text)
    except ValueError:
        return True  # nobody could read it
    return isinstance(line, dict) and line.get("customerId") in noted.names


def _without_lines(body: Body, noted: Noted) -> Body:
    def emptied(line: Any) -> Any:
        number, text = line
        return [number, EMPTIED if _is_of(text, noted) else text]

    return dict(body) | {
        name: [emptied(line) for line in body[name]] for name in LISTS if body.get(name)
    }


def _without_operation(body: Body, _: Noted) -> Body:
    """Leave what became of a line, without what it said."""
    kept = dict(body) | {"problem": None}
    if "operation" in body:  # it was held back, and will not be applied any more
        kept |= {"operation": None, "heldFor": None, "status": "Discarded"}
        kept["ttl"] = RETENTION_SECONDS
    return kept


def _discarded(body: Body, _: Noted) -> Body:
    """Leave the conflict as one that was decided, without what it was about."""
    operation = dict(body["operation"]) | {"body": {}}
    decided = {"status": "Decided", "decision": "discard", "ttl": RETENTION_SECONDS}
    was_open = body["status"] == "Open"
    return dict(body) | {"operation": operation, "fields": [], "problem": None,
                         "decidedFields": {}} | (decided if was_open else {})  # fmt: skip


def _conflict(body: Body) -> Any:
    return from_json(to_json({name: body[name] for name in ("operation", "kind", "status",
                                                            "foundAt", "decision")}))  # fmt: skip


def _result(body: Body) -> Any:
    """Return what became of a line, and the operation where it waits."""
    names = ("operationId", "operationType", "at", "status", "problem", "operation")
    return {name: body.get(name) for name in names}


def _in_channel(document_type: str, **but: Any) -> Holding:
    how: dict[str, Any] = {"find": _in_channels(document_type, _names)} | but
    return Holding(CONTAINER, frozenset({document_type}), "channels", **how)


HOLDINGS: Final = (
    beside_customer(MARKER),
    _in_channel(CHUNK, find=_in_channels(CHUNK, _has_lines), empty=_without_lines),
    _in_channel(RESULT, empty=_without_operation, section="uploadConflicts", export=_result),
    _in_channel(CONFLICT, empty=_discarded, section="uploadConflicts", export=_conflict),
    _in_channel(STOP),
)
