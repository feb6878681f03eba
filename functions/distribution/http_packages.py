"""The bytes of a package over HTTP: whole, by part, or by range."""

import base64
import re
from hashlib import sha256
from typing import Annotated, Final, NamedTuple

import azure.functions as func
from pydantic import Field

from functions._channel import REFUSES, may_speak
from functions._http.problems import BadQuery, BadRequest, RangeNotSatisfiable
from functions._http.trigger import Call, Operation, Query, Reply, serve
from shared.core.errors import Flaw
from shared.core.retry import ANY
from shared.distribution.domain.packages import Form, FormName, PackageGone
from shared.distribution.domain.sessions import DownloadSessionNotFound, SessionChange
from shared.distribution.sessions.downloading import MAX_BYTES, find_form, read_bytes
from shared.distribution.sessions.telling import find_session, tell

bp = func.Blueprint()

GZIP: Final = "application/gzip"
RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


class PackageQuery(Query):
    part: Annotated[
        int | None, Field(ge=1, description="Number of a part; the whole form if left out")
    ] = None
    form: Annotated[
        FormName | None, Field(description="Form; the one that the session offers if left out")
    ] = None


class RangeRequired(BadRequest):
    """The form is too large for one answer: ask for ranges, or for its parts."""

    code = "range-required"


class Bytes(NamedTuple):
    """A stretch of a form."""

    start: int
    end: int
    total: int
    digest: str  # SHA-256 of all of it, in hex


@serve(
    bp,
    Operation(
        "GET",
        "channels/{storeNumber}/download-sessions/{sessionId}/package",
        who="HA",
        returns=bytes,
        also=(206,),
        answer_type=GZIP,
        headers={
            "Range": "One range of bytes, such as `bytes=1000-`; the answer is 206",
            "If-Range": "ETag of the form that a range goes on with; of another one all is sent",
        },
        tag="Distribution",
        refuses=(
            *REFUSES,
            DownloadSessionNotFound,
            PackageGone,
            RangeRequired,
            RangeNotSatisfiable,
        ),
    ),
)
async def download_package(call: Call[PackageQuery, None]) -> Reply:
    """Get the package of a download session: gzip of NDJSON.

    `Repr-Digest` is that of the whole form, or of the part that is asked for, `Content-Digest`
    that of what is sent. The first byte that is sent makes the session `Requested`.
    """
    channel = await may_speak(call)
    session, _ = await find_session(channel, call.path["sessionId"], call.context)
    form = await find_form(session, call.query.form, channel, call.context)
    whole = _whole(form, call.query.part)
    asked = _range(call, whole)
    sent = asked or whole
    content = await read_bytes(form, sent.start, sent.end, call.backend.packages)
    if session.status == "Available":
        change = SessionChange(status="Requested")
        await tell(channel, session.said.id, change, jobs=(), if_match=ANY, context=call.context)
    return _reply(content, whole, asked)


def _whole(form: Form, part: int | None) -> Bytes:
    """Return the stretch that is asked for. Raises BadQuery."""
    if part is None:
        return Bytes(0, form.bytes, form.bytes, form.digest)
    offset = 0
    for one in form.parts:
        if one.number == part:
            return Bytes(offset, offset + one.bytes, one.bytes, one.digest)
        offset += one.bytes
    detail = f"The form has {len(form.parts)} parts."
    raise BadQuery([Flaw("/part", "unknown-part", detail)])


def _range(call: Call[PackageQuery, None], whole: Bytes) -> Bytes | None:
    """Return the range that is asked for, if any. Raises RangeRequired, RangeNotSatisfiable."""
    match = RANGE.fullmatch(call.headers.get("range", "").strip())
    if_range = call.headers.get("if-range")
    if match is None or not any(match.groups()) or if_range not in {None, _etag(whole)}:
        if whole.total > MAX_BYTES:
            raise RangeRequired(
                f"{whole.total} bytes are too many for one answer.", bytes=whole.total
            )
        return None
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) + 1 if last else whole.total, whole.total)
    else:
        start, end = max(whole.total - int(last), 0), whole.total
    if start >= end:
        raise RangeNotSatisfiable(f"There are {whole.total} bytes.", bytes=whole.total)
    end = min(end, start + MAX_BYTES)
    return Bytes(whole.start + start, whole.start + end, whole.total, whole.digest)


def _reply(content: bytes, whole: Bytes, asked: Bytes | None) -> Reply:
    digest = _base64(bytes.fromhex(whole.digest))
    headers = {
        "Repr-Digest": f"sha-256=:{digest}:",
        "Digest": f"sha-256={digest}",
        "Content-Digest": f"sha-256=:{_base64(sha256(content).digest())}:",
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
    }
    etag = _etag(whole).strip('"')
    if asked is None:
        return Reply(content, headers=headers, etag=etag)
    first, last = asked.start - whole.start, asked.end - whole.start - 1
    headers["Content-Range"] = f"bytes {first}-{last}/{whole.total}"
    return Reply(content, status=206, headers=headers, etag=etag)


def _etag(whole: Bytes) -> str:
    return f'"{whole.digest[:32]}"'


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
