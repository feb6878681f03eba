"""Repeated POST requests: the first answer is stored for a day and returned again."""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
from pydantic_core import from_json, to_json

from functions._http.call import Call
from shared.core import deadlines
from shared.core.errors import Conflict, Flaw, Invalid, Stale
from shared.core.values import as_text
from shared.customers.customers import resolve
from shared.customers.domain.customers import CustomerNotFound
from shared.ports.documents import (
    Create,
    Document,
    Documents,
    Partition,
    Replace,
)

ANSWER = "answer"
GRACE = timedelta(seconds=5)  # beyond the deadline of a request, before it is given up
CLOSING_SECONDS = 2.0  # for storing the answer, though the request has used up its time
SCHEMA_VERSION = 1
PRECONDITION_FAILED = 412
CLIENT_ERROR, SERVER_ERROR = 400, 500
LARGE = 256 * 1024  # bytes of a body


class InProgress(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency-in-progress"


class KeyReused(Invalid):
    """The key was used for a request with another body or query."""

    code = "idempotency-key-reused"


@dataclass(frozen=True, slots=True)
class Terms:
    """A request without an answer by `abandoned_after` has crashed. Only a success is kept unless
    `keeps_refusals`. `secrets` are members of an answer that are not kept."""

    abandoned_after: timedelta
    keeps_refusals: bool
    secrets: tuple[str, ...] = ()


async def hash_of(req: func.HttpRequest) -> str:
    """Return what tells the request from others: a large one does not keep them waiting."""
    if len(req.get_body()) <= LARGE:
        return _hash_of(req)
    return await asyncio.to_thread(_hash_of, req)


async def partition_of(key: str | None, call: Call[Any, Any], asked: str) -> Partition:
    """Return the partition of the answer: callers, operations and resources have their own keys.

    A customer is the same by account number and by GUID. Without a key the query and the body are
    the key.
    """
    path = dict(call.path)
    if "customerId" in path:
        with suppress(CustomerNotFound):  # which the operation will say
            path["customerId"] = await resolve(path["customerId"], context=call.context)
    named = f"body\n{asked}" if key is None else key  # a key has no line break
    text = "\n".join([call.caller.actor, call.name, to_json(sorted(path.items())).decode(), named])
    return (hashlib.sha256(text.encode()).hexdigest(),)


async def once(
    run: Callable[[str], Awaitable[func.HttpResponse]],
    *,
    partition: Partition,
    asked: str,
    documents: Documents,
    terms: Terms,
) -> func.HttpResponse:
    """Run the request, or return its first answer if it ran before.

    `run` is called with a fingerprint, from which the ids of what it creates follow: the same for
    this request and for a repetition after a crash or a failure of ours, which may have been
    applied; and another one for every later use of the key. `asked` is the `hash_of` the request.
    Raises InProgress, KeyReused.
    """
    now = datetime.now(UTC)
    earlier = await documents.read("requests", partition, ANSWER)
    former = earlier if earlier and not earlier.body.get("free") else None
    if former and (replayed := _earlier_answer(former, asked, now, terms.abandoned_after)):
        return replayed
    fingerprint = former.body["fingerprint"] if former else uuid.uuid4().hex
    record = {
        "id": ANSWER,
        "key": partition[0],
        "asked": asked,
        "since": as_text(now),
        "fingerprint": fingerprint,
        "schemaVersion": SCHEMA_VERSION,
    }
    started = Replace(record, earlier.etag) if earlier else Create(record)
    try:
        [etag] = await documents.commit("requests", partition, [started])
    except Conflict:
        raise InProgress("The first request with this key is still running.") from None
    outcome: dict[str, Any] = {"failed": True}
    try:
        response = await run(fingerprint)
        outcome = _outcome(response, terms, is_repeated=former is not None)
    finally:
        with suppress(Stale), deadlines.at_least(CLOSING_SECONDS):
            await documents.commit("requests", partition, [Replace(record | outcome, etag)])
    return response


def _hash_of(req: func.HttpRequest) -> str:
    query = req.url.partition("?")[2].encode()
    digest = hashlib.sha256(query + b"\n")
    digest.update(req.get_body())  # in no copy, which others would wait for
    return digest.hexdigest()


def _earlier_answer(
    earlier: Document, request_hash: str, now: datetime, abandoned_after: timedelta
) -> func.HttpResponse | None:
    if earlier.body["asked"] != request_hash:
        raise KeyReused([Flaw("", "idempotency-key-reused", "The key was used with another body.")])
    answer: dict[str, Any] | None = earlier.body.get("answer")
    if answer is None:
        # Where the clock was set back, the beginning may lie in the future.
        age = abs(now - datetime.fromisoformat(earlier.body["since"]))
        if age < abandoned_after and not earlier.body.get("failed"):
            raise InProgress("The first request with this key is still running.")
        return None
    headers = answer["headers"] | {"Idempotency-Replayed": "true"}
    return func.HttpResponse(
        answer["body"], status_code=answer["status"], headers=headers, mimetype=answer["mimetype"]
    )


def _outcome(response: func.HttpResponse, terms: Terms, *, is_repeated: bool) -> dict[str, Any]:
    """Return what is noted when the request is answered.

    After a failure of ours the key is free for the same request, whose ids stay the same. After a
    refusal that may differ next time it is free for any, unless a former try may have been
    applied. Every other answer is kept.
    """
    status = response.status_code
    is_refused = status == PRECONDITION_FAILED or (
        status >= CLIENT_ERROR and not terms.keeps_refusals
    )
    if status >= SERVER_ERROR or (is_refused and is_repeated):
        return {"failed": True}
    if is_refused:
        return {"free": True}
    answer = {
        "status": response.status_code,
        "headers": dict(response.headers),
        "mimetype": response.mimetype,
        "body": _kept(response.get_body(), terms.secrets).decode(),
    }
    return {"answer": answer}


def _kept(body: bytes, secrets: tuple[str, ...]) -> bytes:
    """Return the answer without what must not lie in a store."""
    if not secrets:
        return body
    answer = from_json(body)
    return to_json(answer | {name: None for name in secrets if name in answer})
