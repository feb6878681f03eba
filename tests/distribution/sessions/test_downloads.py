"""The bytes of a package: whole, by part, by range, and when they are gone."""

import base64
import gzip
from hashlib import sha256

import pytest

from tests.api import Api
from tests.distribution.scenes import build, sessions, tell

PACKAGE = "channels/HOUSTON/download-sessions/1110-000001/package"


def digest(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(sha256(content).digest()).decode()}:"


async def test_the_whole_form(api: Api) -> None:
    await build("1110")
    answer = await api.get(PACKAGE)
    session = (await sessions(api))["1110-000001"]
    part = await api.get(f"{PACKAGE}?part=1")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Repr-Digest"] == answer.headers["Content-Digest"]
    assert answer.headers["Repr-Digest"] == digest(answer.content)
    assert answer.headers["Digest"] == digest(answer.content).replace(":", "")
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert sha256(answer.content).hexdigest() == session["digest"]
    assert gzip.decompress(answer.content).startswith(b'{"kind":"package"')
    assert (session["status"], session["requestedBy"]) == ("Requested", "application:web")
    assert part.content == answer.content
    assert session["bytes"] == len(answer.content)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, -1),
        ("bytes=-10", -10, -1),
        ("bytes=5-99999", 5, -1),
    ],
)
async def test_a_range(api: Api, asked: str, first: int, last: int) -> None:
    await build("1110")
    whole = (await api.get(PACKAGE)).content
    answer = await api.get(PACKAGE, range=asked)
    start = first % len(whole)
    end = last % len(whole)

    assert answer.status_code == 206
    assert answer.content == whole[start : end + 1]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end}/{len(whole)}"
    assert answer.headers["Content-Digest"] == digest(answer.content)
    assert answer.headers["Repr-Digest"] == digest(whole)


async def test_a_range_of_something_else_is_not_sent(api: Api) -> None:
    await build("1110")
    whole = await api.get(PACKAGE)
    same = await api.get(PACKAGE, range="bytes=1-2", if_range=whole.headers["ETag"])
    other = await api.get(PACKAGE, range="bytes=1-2", if_range='"other"')
    behind = await api.get(PACKAGE, range="bytes=999999-")
    several = await api.get(PACKAGE, range="bytes=0-1,5-6")
    part = await api.get(f"{PACKAGE}?part=9")
    form = await api.get(f"{PACKAGE}?form=delta")

    assert (same.status_code, other.status_code, several.status_code) == (206, 200, 200)
    assert (behind.status_code, behind.json()["code"]) == (416, "range-not-satisfiable")
    assert (part.status_code, part.json()["code"]) == (400, "bad-query")
    assert (form.status_code, form.json()["code"]) == (410, "package-gone")


async def test_what_a_full_took_the_place_of_is_gone(api: Api) -> None:
    await build("1110")
    await build("1110", is_full=True, is_by_hand=True)
    gone = await api.get(PACKAGE)
    applied = await tell(api, "1110-000002", "Applied")

    assert (gone.status_code, gone.json()["code"]) == (410, "package-gone")
    assert (applied.status_code, applied.json()["reset"]) == (200, True)
