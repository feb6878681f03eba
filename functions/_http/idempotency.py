"""Repeated POST requests: the first answer is stored for a day and returned again."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import azure.functions as func

from functions._http.caller import Caller
from shared.core.errors import Conflict, Flaw, Invalid, Stale
from shared.core.values import as_text
from shared.ports.documents import Create, Document, Documents, Partition, Remove, Replace

ANSWER = "answer"
ABANDONED_AFTER = timedelta(seconds=60)  # a request without an answer by then has crashed
SCHEMA_VERSION = 1
PRECONDITION_FAILED = 412
SERVER_ERROR = 500


class InProgress(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency-in-progress"


class KeyReused(Invalid):
    """The key was used for a request with another body or query."""

    code = "idempotency-key-reused"


def partition_of(key: str, req: func.HttpRequest, caller: Caller) -> Partition:
    """Return the partition of the answer: callers and addresses have keys of their own."""
    path = req.url.partition("?")[0].partition("/api/")[2]
    text = "\n".join([caller.actor, req.method, path, key])
    return (hashlib.sha256(text.encode()).hexdigest(),)


async def once(
    run: Callable[[str], Awaitable[func.HttpResponse]],
    *,
    partition: Partition,
    req: func.HttpRequest,
    documents: Documents,
    now: datetime,
) -> func.HttpResponse:
    """Run the request, or return its first answer if it ran before.

    `run` is called with a fingerprint: the same for this request and for a repetition after a
    crash, and another one for every later use of the key. Raises InProgress, KeyReused.
    """
    request_hash = hashlib.sha256(
        req.url.partition("?")[2].encode() + b"\n" + req.get_body()
    ).hexdigest()
    earlier = await documents.read("requests", partition, ANSWER)
    if earlier and (replayed := _earlier_answer(earlier, request_hash, now)):
        return replayed
    fingerprint = earlier.body["fingerprint"] if earlier else uuid.uuid4().hex
    record = {
        "id": ANSWER,
        "key": partition[0],
        "asked": request_hash,
        "since": as_text(now),
        "fingerprint": fingerprint,
        "schemaVersion": SCHEMA_VERSION,
    }
    started = Replace(record, earlier.etag) if earlier else Create(record)
    try:
        [etag] = await documents.commit("requests", partition, [started])
    except Conflict:
        raise InProgress("The first request with this key is still running.") from None
    answer = None
    try:
        response = await run(fingerprint)
        answer = _storable(response)
    finally:
        # An answer that may differ next time leaves the key free; any other is stored.
        write = Replace(record | {"answer": answer}, etag) if answer else Remove(ANSWER)
        with suppress(Stale):
            await documents.commit("requests", partition, [write])
    return response


def _earlier_answer(
    earlier: Document, request_hash: str, now: datetime
) -> func.HttpResponse | None:
    if earlier.body["asked"] != request_hash:
        raise KeyReused([Flaw("", "idempotency-key-reused", "The key was used with another body.")])
    answer: dict[str, Any] | None = earlier.body.get("answer")
    if answer is None:
        if now - datetime.fromisoformat(earlier.body["since"]) < ABANDONED_AFTER:
            raise InProgress("The first request with this key is still running.")
        return None
    headers = answer["headers"] | {"Idempotency-Replayed": "true"}
    return func.HttpResponse(
        answer["body"], status_code=answer["status"], headers=headers, mimetype=answer["mimetype"]
    )


def _storable(response: func.HttpResponse) -> dict[str, Any] | None:
    """Return the answer as it is stored, or None for one that may differ next time."""
    if response.status_code >= SERVER_ERROR or response.status_code == PRECONDITION_FAILED:
        return None
    return {
        "status": response.status_code,
        "headers": dict(response.headers),
        "mimetype": response.mimetype,
        "body": response.get_body().decode(),
    }
