"""Small apps, asked in bytes: what the real host answered to them, this one answers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import azure.functions as func
import pytest

from local.folder import Folder
from local.host.app import Host
from local.host.functions import CannotStart
from local.host.routing.table import BadRoute
from tests.conformance.test_hostrules import UNREADABLE
from tests.local.sockets import Answered, exchange, listening

SHOWN = b"GET /api/show/"
LINE = b" HTTP/1.1\r\n"
HOST = b"Host: here\r\n"


def probe(*routes: tuple[str, str]) -> func.FunctionApp:
    """Return an app of functions that say what they were asked, each by its name and route."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    async def show(req: func.HttpRequest, name: str) -> func.HttpResponse:
        seen = {"function": name, "url": req.url, "route": dict(req.route_params)}
        seen["x"] = req.headers.get("x-probe")
        return func.HttpResponse(
            json.dumps(seen), headers={"X-Echo": req.headers.get("x-echo", "")}
        )

    def declare(name: str, route: str) -> None:
        @app.function_name(name)
        @app.route(route)
        async def function(req: func.HttpRequest) -> func.HttpResponse:
            return await show(req, name)

    for name, route in routes:
        declare(name, route)
    return app


@asynccontextmanager
async def serving(folder: Folder, *routes: tuple[str, str]) -> AsyncIterator[int]:
    host = Host(probe(*routes), folder)
    async with host.running(), listening(host) as port:
        yield port


async def asked(port: int, path: bytes, *lines: bytes, method: bytes = b"GET") -> Answered:
    head = b"".join([method + b" " + path + LINE, HOST, *(line + b"\r\n" for line in lines)])
    answer = await exchange(port, head + b"\r\n")
    assert answer
    return answer


@pytest.mark.parametrize("route", [*UNREADABLE, "/x", "x/{id:uuid}", "x/{bad", "%PREFIX%/x"])
def test_a_route_that_takes_the_host_down_keeps_this_one_from_starting(
    folder: Folder, route: str
) -> None:
    with pytest.raises((BadRoute, CannotStart)):
        Host(probe(("good", "good"), ("bad", route)), folder)


async def test_letters_come_before_the_underscore(folder: Folder) -> None:
    async with serving(folder, ("list_a", "{x}"), ("lista", "{y}")) as port:
        assert (await asked(port, b"/api/1")).json()["function"] == "lista"


async def test_a_method_that_nobody_names_reaches_who_names_none(folder: Folder) -> None:
    async with serving(folder, ("any", "x")) as port:
        assert (await asked(port, b"/api/x", method=b"PURGE")).status == 200


@pytest.mark.parametrize(
    ("path", "value", "url"),
    [
        (b"a%2fb", "a%2fb", "a%2fb"),
        (b"a%2Fb", "a%2Fb", "a%2Fb"),
        (b"a%252Fb", "a%2Fb", "a%2Fb"),
        (b"a%2Bb%3Ac", "a+b:c", "a+b:c"),
        (b"%E9", "%E9", "%E9"),
        (b"%c3%bc", "ü", "%C3%BC"),
        (b"%e2%82%ac%E9x", "€%E9x", "%E2%82%AC%E9x"),
        (b"100%25", "100%", "100%25"),
        (b"%zz", "%zz", "%25zz"),
        (b"x/./y/../../z", "z", "z"),
        (b"x/%2e%2e/z", "z", "z"),
        (b"z/x/..", "z", "z/"),
        (b"..z", "..z", "..z"),
    ],
)
async def test_a_path_is_decoded_once_and_encoded_anew(
    folder: Folder, path: bytes, value: str, url: str
) -> None:
    async with serving(folder, ("show", "show/{value}")) as port:
        seen = (await asked(port, b"/api/show/" + path + b"?q=%2B%3A")).json()

    assert seen["route"] == {"value": value}
    assert seen["url"] == f"http://here/api/show/{url}?q=%2B%3A"


async def test_dots_lead_out_of_the_api(folder: Folder) -> None:
    async with serving(folder, ("show", "show/{value}")) as port:
        ping = await asked(port, b"/api/show/../../admin/host/ping")
        home = await asked(port, b"/api/..")

    assert (ping.status, ping.body) == (200, b"")
    assert (home.status, home.headers["content-type"]) == (200, "text/html; charset=utf-8")


def request(*lines: bytes, path: bytes = b"/api/show/1", version: bytes = b"1.1") -> bytes:
    head = b"GET " + path + b" HTTP/" + version + b"\r\n"
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


HERE = b"Host: here"
LINE_AROUND = len(b"GET  HTTP/1.1\r\n")
HEADERS_AROUND = len(b"Host: here\r\nX: \r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request(HERE, path=b"/api/show/%00"), 400),
        (request(), 400),
        (request(version=b"1.0"), 200),
        (request(HERE, b"Host: there"), 400),
        (request(HERE, b"Host: there", version=b"1.0"), 400),
        (request(HERE, b"X-Probe: \xff"), 400),
        (request(HERE, path=b"/api/show/1?" + b"x" * (8_192 - LINE_AROUND - 12)), 200),
        (request(HERE, path=b"/api/show/1?" + b"x" * (8_193 - LINE_AROUND - 12)), 414),
        (request(HERE, b"X: " + b"y" * (32_768 - HEADERS_AROUND)), 200),
        (request(HERE, b"X: " + b"y" * (32_769 - HEADERS_AROUND)), 431),
        (request(HERE, *[b"X: y"] * 99), 200),
        (request(HERE, *[b"X: y"] * 100), 431),
        (request(HERE, b"X-Echo: plain"), 200),
        (request(HERE, "X-Echo: caf\u00e9".encode()), 500),
    ],
    ids=lambda value: value if isinstance(value, int) else "",
)
async def test_what_kestrel_refuses_is_refused(folder: Folder, sent: bytes, status: int) -> None:
    async with serving(folder, ("show", "show/{value}")) as port:
        answer = await exchange(port, sent)

    assert answer
    assert answer.status == status
    assert status == 200 or answer.json()["status"] == status


async def test_headers_are_read_as_utf_8(folder: Folder) -> None:
    async with serving(folder, ("show", "show/{value}")) as port:
        answer = await asked(port, b"/api/show/1", "X-Probe: caf\u00e9".encode())

    assert answer.json()["x"] == "caf\u00e9"


@pytest.mark.parametrize("value", ["caf\u00e9", "a\r\nSet-Cookie: b", "a\0"])
async def test_a_header_that_is_not_sent_is_a_fault_of_the_function(
    folder: Folder, value: str
) -> None:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.route("x")
    async def answer(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse("y", headers={"X-Odd": value})

    host = Host(app, folder)
    async with host.running(), listening(host) as port:
        assert (await asked(port, b"/api/x")).status == 500
