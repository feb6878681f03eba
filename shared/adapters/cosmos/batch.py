"""One transactional batch: sent until it is known to be committed, or known not to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import AzureError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosResourceNotFoundError

from shared.adapters.cosmos.items import etag_of, item_of, mark_of
from shared.adapters.cosmos.retries import (
    is_doubtful,
    is_lagging,
    is_passing,
    status_of,
    with_retries,
)
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
    HTTPStatus.CONFLICT: (AlreadyExists, "A document with this id exists already."),
    HTTPStatus.PRECONDITION_FAILED: (Stale, "The document was changed since it was read."),
    HTTPStatus.NOT_FOUND: (Stale, "The document was removed since it was read."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (CommitTooLarge, "A commit holds at most 2 MB."),
}


@dataclass(frozen=True, slots=True)
class BatchTarget:
    """A logical partition, with the SDK's container to reach it."""

    container: str
    key: Any
    proxy: ContainerProxy
    traffic: Traffic

    async def send(self, batch: Sequence[Any]) -> list[Mapping[str, Any]]:
        with self.traffic.call("commit", self.container, writes=True) as call:
            return list(await self.proxy.execute_item_batch(batch, self.key, **call.options))

    async def find(self, name: str) -> Item | None:
        """Return the item or None. Raises if the replica lags behind the session."""
        with self.traffic.call("read", self.container) as call:
            try:
                item: Item = await self.proxy.read_item(name, self.key, **call.options)
            except CosmosResourceNotFoundError as exc:
                if is_lagging(exc):
                    raise
                return None
            return item


class Batch:
    """The operations of one commit.

    Each document that the batch writes has its mark. If an answer is lost, one document with the
    mark proves that the whole batch was committed, and one document that still has the version
    that was read proves that nothing was.
    """

    def __init__(self, target: BatchTarget, operations: Sequence[Operation], *, mark: str) -> None:
        self._target = target
        self._operations = list(operations)
        self._mark = mark
        self._absent: set[int] = set()  # indexes of removals of missing documents
        self._in_doubt = False

    async def commit(self) -> list[str]:
        """Return the new ETags. Raises AlreadyExists, Stale, CommitTooLarge, Unavailable."""
        target = self._target
        relents = target.traffic.leaving_behind(target.container, own=False)
        return await with_retries(self._attempt, relents)

    async def _attempt(self) -> list[str]:
        if self._in_doubt and (etags := await self._resolve_doubt()) is not None:
            return etags
        try:
            return await self._send()
        except (AzureError, TimeoutError) as exc:
            if is_passing(exc):
                self._in_doubt = self._in_doubt or is_doubtful(exc)
                raise
            if self._in_doubt and (etags := await self._resolve_doubt()) is not None:
                return etags  # the first request arrived after all, and the second met its result
            return await self._refused(exc)
        except BaseException:
            self._in_doubt = True  # canceled while the request was in flight
            raise

    async def _send(self) -> list[str]:
        sent = self._indexes_to_send()
        etags = [""] * len(self._operations)
        if sent:
            answers = await self._target.send([self._rendered(index) for index in sent])
            for index, answer in zip(sent, answers, strict=True):
                etags[index] = str(answer.get("eTag") or "").strip('"')
        return [
            "" if isinstance(operation, Remove) else etag
            for operation, etag in zip(self._operations, etags, strict=True)
        ]

    def _indexes_to_send(self) -> list[int]:
        """Return the indexes of the operations to send."""
        return [index for index in range(len(self._operations)) if index not in self._absent]

    async def _refused(self, exc: Exception) -> list[str]:
        """Raise the error of the port, or skip the removal of a missing document and try again."""
        if isinstance(exc, CosmosBatchOperationError) and exc.status_code == HTTPStatus.NOT_FOUND:
            index = self._indexes_to_send()[exc.error_index]
            if isinstance(self._operations[index], Remove):
                self._absent.add(index)
                return await self._attempt()
        raise _refusal(exc) from exc

    def _rendered(self, index: int) -> Any:
        operation = self._operations[index]
        if isinstance(operation, Remove):
            return ("delete", (operation.id,))
        paths = containers()[self._target.container].partition_key
        key = self._target.key if isinstance(self._target.key, list) else [self._target.key]
        item = item_of(operation.body, paths, key, self._mark)
        if isinstance(operation, Create | Put):
            return ("create" if isinstance(operation, Create) else "upsert", (item,))
        if isinstance(operation, Succeed):
            condition = f'FROM c WHERE c["version"] = {operation.was:d}'
            return ("patch", (item["id"], _patch(item, paths)), {"filter_predicate": condition})
        return ("replace", (item["id"], item), {"if_match_etag": f'"{operation.etag}"'})

    async def _resolve_doubt(self) -> list[str] | None:
        """Return the ETags if the batch was committed, None if it was not or may be repeated.

        Raises StoreUnavailable if that cannot be known, because others have written since.
        """
        repeatable = True
        for operation in self._operations:
            if isinstance(operation, Remove):
                continue
            item = await self._target.find(str(operation.body["id"]))
            if item and mark_of(item) == self._mark:
                return [await self._etag(written) for written in self._operations]
            if _proves_not_applied(operation, item):
                return None
            repeatable = repeatable and isinstance(operation, Put)
        if not repeatable:
            raise StoreUnavailable(
                "An answer was lost, and the document was changed since; read it again."
            )
        return None

    async def _etag(self, operation: Operation) -> str:
        """Return the ETag that this commit wrote, empty if others have written since."""
        if isinstance(operation, Remove):
            return ""
        item = await self._target.find(str(operation.body["id"]))
        return etag_of(item) if item and mark_of(item) == self._mark else ""


def _patch(item: Item, key_paths: Sequence[str]) -> list[dict[str, Any]]:
    """Return the patch that sets all fields of the item but the id and the partition key."""
    fixed = {"id", *(path.strip("/") for path in key_paths)}
    return [
        {"op": "set", "path": f"/{name}", "value": value}
        for name, value in item.items()
        if name not in fixed
    ]


def _proves_not_applied(operation: Operation, item: Item | None) -> bool:
    """Return whether the stored item proves that the operation was not applied."""
    if isinstance(operation, Replace):
        return item is not None and etag_of(item) == operation.etag
    if isinstance(operation, Succeed):
        return item is not None and item.get("version") == operation.was
    return isinstance(operation, Create) and item is None


def _refusal(exc: Exception) -> Exception:
    """Return the error of the port, or the error itself if it is a bug of the adapter."""
    status = status_of(exc)
    if status not in REFUSALS:
        return exc
    kind, message = REFUSALS[HTTPStatus(status)]
    return kind(message)
