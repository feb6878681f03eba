"""The same POST twice is answered once: the first answer is kept for a day and given again."""

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
ABANDONED = timedelta(seconds=60)  # who has not answered by then has crashed
PRECONDITION_FAILED = 412
SERVER_ERROR = 500


class InProgress(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency-in-progress"


class KeyReused(Invalid):
    """The key was used for a request with another body or query."""

    code = "idempotency-key-reused"


def place_of(key: str, req: func.HttpRequest, caller: Caller) -> Partition:
    """Return where the answer is kept: keys of different callers or addresses never meet."""
    path = req.url.partition("?")[0].partition("/api/")[2]
    text = "\n".join([caller.actor, req.method, path, key])
    return (hashlib.sha256(text.encode()).hexdigest(),)


async def once(
    run: Callable[[str], Awaitable[func.HttpResponse]],
    *,
    place: Partition,
    req: func.HttpRequest,
    documents: Documents,
    now: datetime,
) -> func.HttpResponse:
    """Run it, unless it ran before: then give its first answer. Raises InProgress, KeyReused.

    `run` is given a fingerprint: the same for this request and for whoever takes over from it
    when it dies, and another one for every later use of the key.
    """
    asked = hashlib.sha256(req.url.partition("?")[2].encode() + b"\n" + req.get_body()).hexdigest()
    earlier = await documents.read("requests", place, ANSWER)
    if earlier and (answer := _earlier_answer(earlier, asked, now)):
        return answer
    fingerprint = earlier.body["fingerprint"] if earlier else uuid.uuid4().hex
    record = {
        "id": ANSWER,
        "key": place[0],
        "asked": asked,
        "since": as_text(now),
        "fingerprint": fingerprint,
    }
    started = Replace(record, earlier.etag) if earlier else Create(record)
    try:
        [etag] = await documents.commit("requests", place, [started])
    except Conflict:
        raise InProgress("The first request with this key is still running.") from None
    keep = None
    try:
        response = await run(fingerprint)
        keep = _kept(response)
    finally:
        # What may go better next time leaves the key free; else the first answer stays.
        done = Replace(record | {"answer": keep}, etag) if keep else Remove(ANSWER)
        with suppress(Stale):
            await documents.commit("requests", place, [done])
    return response


def _earlier_answer(earlier: Document, asked: str, now: datetime) -> func.HttpResponse | None:
    if earlier.body["asked"] != asked:
        raise KeyReused([Flaw("", "idempotency-key-reused", "This key came with another body.")])
    kept: dict[str, Any] | None = earlier.body.get("answer")
    if kept is None:
        if now - datetime.fromisoformat(earlier.body["since"]) < ABANDONED:
            raise InProgress("The first request with this key is still running.")
        return None
    headers = kept["headers"] | {"Idempotency-Replayed": "true"}
    return func.HttpResponse(
        kept["body"], status_code=kept["status"], headers=headers, mimetype=kept["mimetype"]
    )


def _kept(response: func.HttpResponse) -> dict[str, Any] | None:
    """Return the answer as it is kept, or None for one that may be another next time."""
    if response.status_code >= SERVER_ERROR or response.status_code == PRECONDITION_FAILED:
        return None
    return {
        "status": response.status_code,
        "headers": dict(response.headers),
        "mimetype": response.mimetype,
        "body": response.get_body().decode(),
    }
