"""One transactional batch: sent until it is known to be there, or known not to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import AzureError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosResourceNotFoundError

from shared.adapters.cosmos.items import etag_of, item_of, mark_of
from shared.adapters.cosmos.retries import is_doubtful, is_lagging, is_passing, patiently, status_of
from shared.adapters.cosmos.traffic import Traffic
from shared.core.errors import AlreadyExists, Stale
from shared.platform.topology import containers
from shared.ports.documents import (
    CommitTooLarge,
    Create,
    Operation,
    Put,
    Remove,
    Replace,
    StoreUnavailable,
    Succeed,
)

Item = Mapping[str, Any]
REFUSALS = {
    HTTPStatus.CONFLICT: (AlreadyExists, "There is a document of that id already."),
    HTTPStatus.PRECONDITION_FAILED: (Stale, "It was changed since it was read."),
    HTTPStatus.NOT_FOUND: (Stale, "It is gone since it was read."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (CommitTooLarge, "A commit holds at most 2 MB."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A logical partition and the way to it."""

    container: str
    key: Any
    proxy: ContainerProxy
    traffic: Traffic

    async def send(self, batch: Sequence[Any]) -> list[Mapping[str, Any]]:
        with self.traffic.asking("commit", self.container, writes=True) as asking:
            return list(await self.proxy.execute_item_batch(batch, self.key, **asking.how))

    async def find(self, name: str) -> Item | None:
        """Return the item as it is, or None. A replica that lags behind our session raises."""
        with self.traffic.asking("read", self.container) as asking:
            try:
                found: Item = await self.proxy.read_item(name, self.key, **asking.how)
            except CosmosResourceNotFoundError as exc:
                if is_lagging(exc):
                    raise
                return None
            return found


class Batch:
    """Operations of one commit.

    Each document that it writes carries its mark. When an answer is lost, one that bears the mark
    proves that all of the batch is there, and one whose version is still the one that was read
    proves that nothing of it is.
    """

    def __init__(self, place: Place, operations: Sequence[Operation], *, mark: str) -> None:
        self._place = place
        self._operations = list(operations)
        self._mark = mark
        self._absent: set[int] = set()  # removals of what is not there
        self._in_doubt = False

    async def commit(self) -> list[str]:
        """Return the new ETags. Raises AlreadyExists, Stale, CommitTooLarge, Unavailable."""
        return await patiently(self._attempt)

    async def _attempt(self) -> list[str]:
        if self._in_doubt and (done := await self._look_back()) is not None:
            return done
        try:
            return await self._send()
        except (AzureError, TimeoutError) as exc:
            if is_passing(exc):
                self._in_doubt = self._in_doubt or is_doubtful(exc)
                raise
            if self._in_doubt and (done := await self._look_back()) is not None:
                return done  # the lost one arrived after all, and the second met it
            return await self._refused(exc)
        except BaseException:
            self._in_doubt = True  # given up from outside, while it was under way
            raise

    async def _send(self) -> list[str]:
        sent = self._sent()
        etags = [""] * len(self._operations)
        if sent:
            answers = await self._place.send([self._rendered(index) for index in sent])
            for index, answer in zip(sent, answers, strict=True):
                etags[index] = str(answer.get("eTag") or "").strip('"')
        return [
            "" if isinstance(operation, Remove) else etag
            for operation, etag in zip(self._operations, etags, strict=True)
        ]

    def _sent(self) -> list[int]:
        """Return which operations there still are to do."""
        return [index for index in range(len(self._operations)) if index not in self._absent]

    async def _refused(self, exc: Exception) -> list[str]:
        """Raise what the port calls it; or leave out a removal of what is gone and go on."""
        if isinstance(exc, CosmosBatchOperationError) and exc.status_code == HTTPStatus.NOT_FOUND:
            index = self._sent()[exc.error_index]
            if isinstance(self._operations[index], Remove):
                self._absent.add(index)
                return await self._attempt()
        raise _refusal(exc) from exc

    def _rendered(self, index: int) -> Any:
        operation = self._operations[index]
        if isinstance(operation, Remove):
            return ("delete", (operation.id,))
        paths = containers()[self._place.container].partition_key
        key = self._place.key if isinstance(self._place.key, list) else [self._place.key]
        item = item_of(operation.body, paths, key, self._mark)
        if isinstance(operation, Create | Put):
            return ("create" if isinstance(operation, Create) else "upsert", (item,))
        if isinstance(operation, Succeed):
            condition = f'FROM c WHERE c["version"] = {operation.was:d}'
            return ("patch", (item["id"], _fields(item, paths)), {"filter_predicate": condition})
        return ("replace", (item["id"], item), {"if_match_etag": f'"{operation.etag}"'})

    async def _look_back(self) -> list[str] | None:
        """Return the ETags if it was applied, None if it was not or may be repeated.

        Raises StoreUnavailable where nobody can tell: others have written over it since.
        """
        repeatable = True
        for operation in self._operations:
            if isinstance(operation, Remove):
                continue
            found = await self._place.find(str(operation.body["id"]))
            if found and mark_of(found) == self._mark:
                return [await self._etag(one) for one in self._operations]
            if _is_untouched(operation, found):
                return None
            repeatable = repeatable and isinstance(operation, Put)
        if not repeatable:
            raise StoreUnavailable("An answer was lost, and others have written since; look first.")
        return None

    async def _etag(self, operation: Operation) -> str:
        """Return the version that this commit wrote; empty if others have written over it."""
        if isinstance(operation, Remove):
            return ""
        found = await self._place.find(str(operation.body["id"]))
        return etag_of(found) if found and mark_of(found) == self._mark else ""


def _fields(item: Item, placed_by: Sequence[str]) -> list[dict[str, Any]]:
    """Return the patch that sets all fields of the item, but those that say where it is."""
    fixed = {"id", *(path.strip("/") for path in placed_by)}
    return [
        {"op": "set", "path": f"/{name}", "value": value}
        for name, value in item.items()
        if name not in fixed
    ]


def _is_untouched(operation: Operation, found: Item | None) -> bool:
    """Tell whether what is there proves that the operation was not done."""
    if isinstance(operation, Replace):
        return found is not None and etag_of(found) == operation.etag
    if isinstance(operation, Succeed):
        return found is not None and found.get("version") == operation.was
    return isinstance(operation, Create) and found is None


def _refusal(exc: Exception) -> Exception:
    """Return what the port calls it, or the error itself: then it is a fault of ours."""
    status = status_of(exc)
    if status not in REFUSALS:
        return exc
    kind, words = REFUSALS[HTTPStatus(status)]
    return kind(words)
