"""The host's traps are the real host's: each trigger of a small app, served."""

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
import httpx
import pytest

from local.bus.sqlite import SqliteBus
from local.folder import Folder
from local.host import feeds, timers
from local.host.app import Host
from local.host.functions import CannotStart, read_functions
from local.store import SqliteDocuments
from shared.platform.topology import Entity, Messaging, Topic
from shared.ports.bus import Outgoing
from shared.ports.documents import Put

LAYOUT = Messaging(
    {},
    {
        "events": Topic(
            "events",
            subscriptions=tuple(Entity(f"events/subscriptions/{name}") for name in ("one", "two")),
        )
    },
)
SEEN: list[Any] = []


class Boom(Exception):
    """A function fails."""


def an_app() -> func.FunctionApp:  # noqa: C901  # a trigger of each kind
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

    @app.route("hello", methods=["GET"])
    async def say_hello(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(req.params.get("name", "?"))

    @app.route("open", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
    async def show_request(req: func.HttpRequest) -> func.HttpResponse:
        shown = {"headers": dict(req.headers), "body": req.get_body().decode(), "url": req.url}
        return func.HttpResponse(json.dumps(shown), mimetype="application/json")

    @app.route("fails", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def fail_http(req: func.HttpRequest) -> func.HttpResponse:
        raise Boom

    @app.route("nothing", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def return_nothing(req: func.HttpRequest) -> func.HttpResponse:
        return None  # type: ignore[return-value]  # the mistake the host answers 500 to

    @app.route("secret", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
    async def show_secret(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse("secret")

    @app.service_bus_queue_trigger(arg_name="msg", queue_name="work", connection="BUS")
    async def on_work(msg: func.ServiceBusMessage) -> None:
        SEEN.append(msg)
        if msg.get_body() == b"poison":
            raise Boom

    @app.service_bus_topic_trigger(
        arg_name="msg", topic_name="events", subscription_name="one", connection="BUS"
    )
    async def on_event(msg: func.ServiceBusMessage) -> None:
        SEEN.append(("event", msg.get_body()))

    @app.timer_trigger(schedule="* * * * * *", arg_name="tick")
    async def on_tick(tick: func.TimerRequest) -> None:
        SEEN.append(("tick", tick.past_due))

    @app.cosmos_db_trigger(
        arg_name="changes", connection="COSMOS", database_name="%COSMOS_DATABASE%",
        container_name="settings",
        start_from_beginning=True,  # type: ignore[arg-type]  # its annotation is wrong
    )  # fmt: skip
    async def on_change(changes: func.DocumentList) -> None:
        for change in changes:
            SEEN.append(("change", change["id"]))
            if change["id"] == "bad":
                raise Boom

    return app


@asynccontextmanager
async def serving(folder: Folder) -> AsyncIterator[tuple[Host, httpx.AsyncClient]]:
    SEEN.clear()
    host = Host(an_app(), folder)
    transport = httpx.ASGITransport(app=host)  # type: ignore[arg-type]  # it reads more than it declares
    async with (
        host.running(),
        httpx.AsyncClient(transport=transport, base_url="http://here") as client,
    ):
        yield host, client


async def until(condition: Any) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(SEEN)


async def test_function_keys_are_asked_for_as_the_level_says(folder: Folder) -> None:
    key, master = folder.key("function").hex(), folder.key("master").hex()
    async with serving(folder) as (_, client):
        for path, headers, status in [
            ("hello", {}, 401), ("hello", {"x-functions-key": "no"}, 401),
            ("hello", {"x-functions-key": key}, 200), ("hello", {"x-functions-key": master}, 200),
            (f"hello?code={key}", {}, 200), ("secret", {"x-functions-key": key}, 401),
            ("secret", {"x-functions-key": master}, 200),
        ]:  # fmt: skip
            response = await client.get(f"/api/{path}", headers=headers)
            assert response.status_code == status
            if status == 401:
                assert response.json()["code"] == "unauthenticated"
                assert response.headers["WWW-Authenticate"] == "x-functions-key"


async def test_requests_look_like_the_hosts(folder: Folder) -> None:
    async with serving(folder) as (_, client):
        seen = (await client.post("/api/open?a=1&b=", content=b"x", headers={"X-Two": "a"})).json()
        chunked = (await client.post("/api/open", content=_chunks())).json()

        assert (seen["headers"]["x-two"], seen["body"]) == ("a", "x")
        assert seen["url"] == "http://here/api/open?a=1&b="
        assert chunked["body"] == "", "the real host drops it too"
        for path in ("fails", "nothing"):
            response = await client.get(f"/api/{path}")
            assert (response.status_code, response.json()["code"]) == (500, "internal")


async def _chunks() -> AsyncIterator[bytes]:
    yield b"lost"


async def test_a_message_is_delivered_as_the_extension_does(folder: Folder) -> None:
    async with serving(folder):
        bus = SqliteBus(folder.bus, LAYOUT)
        await bus.send("work", [Outgoing("m1", b"hi", properties={"a": "1"})])
        await bus.send("events", [Outgoing("m2", b"e")])
        await until(
            lambda: (
                ("event", b"e") in SEEN
                and any(isinstance(one, func.ServiceBusMessage) for one in SEEN)
            )
        )
        [message] = [one for one in SEEN if isinstance(one, func.ServiceBusMessage)]

        assert (message.message_id, message.delivery_count) == ("m1", 1)
        assert message.application_properties == {"a": "1"}
        enqueued = message.enqueued_time_utc
        assert enqueued
        assert enqueued.tzinfo is None, "as naive as in production"
        assert await bus.receive("work") == [], "completed"
        bus.close()


async def test_a_poisonous_message_ends_as_a_dead_letter(folder: Folder) -> None:
    async with serving(folder):
        bus = SqliteBus(folder.bus)
        await bus.send("work", [Outgoing("m", b"poison")])
        await until(lambda: sum(isinstance(o, func.ServiceBusMessage) for o in SEEN) == 10)
        deliveries = [o.delivery_count for o in SEEN if isinstance(o, func.ServiceBusMessage)]
        while not (dead := await bus.dead_letters("work", after=0, limit=5)):
            await asyncio.sleep(0.02)

        assert deliveries == list(range(1, 11))
        assert [(one.message.body, one.reason) for one in dead] == [
            (b"poison", "MaxDeliveryCountExceeded")
        ]
        bus.close()


async def test_a_message_is_there_after_a_restart(folder: Folder) -> None:
    bus = SqliteBus(folder.bus)
    await bus.send("work", [Outgoing("m", b"kept")])
    bus.close()
    async with serving(folder):
        await until(lambda: any(isinstance(one, func.ServiceBusMessage) for one in SEEN))


async def test_a_lock_that_expires_gives_the_message_back(folder: Folder) -> None:
    now = [1000.0]
    bus = SqliteBus(folder.bus, clock=lambda: now[0])
    await bus.send("q", [Outgoing("m", b"x")])
    [first] = await bus.receive("q")
    none = await bus.receive("q")
    now[0] += 31
    [second] = await bus.receive("q")
    await bus.complete(first)

    assert none == []
    assert (first.deliveries, second.deliveries) == (1, 2)
    now[0] += 31
    assert await bus.receive("q"), "a lock that was lost completes nothing"
    bus.close()


async def test_a_timer_ticks(folder: Folder) -> None:
    async with serving(folder):
        await until(lambda: ("tick", False) in SEEN)


@pytest.mark.parametrize(
    ("expression", "after", "due"),
    [
        ("0 */5 * * * *", "2031-05-04T12:00:01", "2031-05-04T12:05:00"),
        ("*/5 * * * *", "2031-05-04T12:00:01", "2031-05-04T12:05:00"),
        ("00:05:00", "2031-05-04T12:00:01", "2031-05-04T12:05:01"),
        ("1.00:00", "2031-05-04T12:00:01", "2031-05-05T12:00:01"),
    ],
)
def test_a_timer_has_ncrontab_or_a_span_of_time(expression: str, after: str, due: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)

    assert timers.schedule(expression)(moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize("expression", ["0 0 0 * * 7", "@daily", "* * *", "00:00:00", "24:00:00"])
def test_a_timer_without_a_schedule_cannot_start(expression: str) -> None:
    with pytest.raises(CannotStart):
        timers.schedule(expression)


async def test_a_failed_batch_is_skipped_without_a_retry_policy(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(folder) as (host, _):
        [function] = [one for one in host.functions if one.name == "on_change"]
        caplog.set_level(logging.ERROR)
        SEEN.clear()
        await feeds.deliver(function, [{"id": "bad"}, {"id": "after"}])

    assert SEEN == [("change", "bad")]
    assert "2 changes are skipped" in caplog.text


async def test_a_retry_policy_brings_the_batch_again(folder: Folder) -> None:
    app, tries = func.FunctionApp(), []

    @app.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:00")
    @app.cosmos_db_trigger(
        arg_name="changes", connection="COSMOS", database_name="x", container_name="settings"
    )
    async def stumble(changes: func.DocumentList) -> None:
        tries.append(len(changes))
        if len(tries) < 4:
            raise Boom

    [function] = read_functions(app, {})
    await feeds.deliver(function, [{"id": "1"}])

    assert tries == [1, 1, 1, 1]


async def at_its_end(folder: Folder, name: str = "on_change@settings") -> None:
    """Return once the position of the feed is stored, and nothing is behind it."""
    documents = SqliteDocuments(folder.database)
    async with asyncio.timeout(20):
        while True:
            stored = await documents.read("leases", (name,), name)
            if stored:
                rest = await documents.changes("settings", stored.body["position"], 1)
                if not rest.documents:
                    break
            await asyncio.sleep(0.05)
    documents.close()


async def test_the_feed_goes_on_where_it_stood(folder: Folder) -> None:
    async with serving(folder):
        await until(lambda: ("change", "company") in SEEN)
        await at_its_end(folder)
    async with serving(folder):
        await asyncio.sleep(0.5)

        assert [one for one in SEEN if one[0] == "change"] == []


async def test_a_feed_begins_now_unless_it_is_told_otherwise(folder: Folder) -> None:
    app, seen = func.FunctionApp(), set[str]()

    @app.cosmos_db_trigger(
        arg_name="changes", connection="COSMOS", database_name="x", container_name="settings"
    )
    async def look(changes: func.DocumentList) -> None:
        seen.update(change["id"] for change in changes)

    async with Host(app, folder).running() as documents:
        async with asyncio.timeout(20):
            for number in itertools.count():  # the first may come before the feed has begun
                await documents.commit("settings", ("USRT", "s"), [Put({"id": f"new {number}"})])
                await asyncio.sleep(0.3)
                if seen:
                    break

    assert {one[:3] for one in seen} == {"new"}, "what was there before is not told"


def test_a_feed_is_polled_as_in_azure_where_that_is_asked_for() -> None:
    app = func.FunctionApp()
    for name, delay in (("prompt", 1000), ("default", None)):

        @app.function_name(name)
        @app.cosmos_db_trigger(
            arg_name="changes", connection="COSMOS", database_name="x",
            container_name="settings", feed_poll_delay=delay,
        )  # fmt: skip
        async def look(changes: func.DocumentList) -> None:
            del changes

    polls = {one.name: feeds.poll_seconds(one) for one in read_functions(app, {})}

    assert polls == {"prompt": 1.0, "default": 5.0}


LEVELS = ("function", "master")
JSON = {"content-type": "application/json; charset=utf-8"}


async def test_the_host_says_how_it_is_and_anybody_may_ping_it(folder: Folder) -> None:
    async with serving(folder) as (_, client):
        keys = {level: {"x-functions-key": folder.key(level).hex()} for level in LEVELS}
        status = [
            await client.get("/admin/host/status", headers=headers)
            for headers in ({}, keys["function"], keys["master"])
        ]
        ping = await client.get("/admin/host/ping")

    assert [one.status_code for one in status] == [401, 403, 200]
    assert status[2].json()["state"] == "Running"
    assert (ping.status_code, ping.content) == (200, b"")


async def test_functions_are_started_by_hand(folder: Folder) -> None:
    key = {"x-functions-key": folder.key("master").hex()}
    async with serving(folder) as (host, client):
        for name, text in [
            ("on_work", "by hand"), ("ON_TICK", ""), ("on_change", '[{"id": "z"}]'),
            ("say_hello", "x"),
        ]:  # fmt: skip
            response = await client.post(
                f"/admin/functions/{name}", json={"input": text}, headers=key
            )
            assert (response.status_code, response.content) == (202, b"")
        await host.front.admin.drain()
        on_change = "/admin/functions/on_change"
        for refused, status in (
            (await client.post("/admin/functions/ghost", json={}, headers=key), 404),
            (await client.get(on_change, headers=key), 404),
            (await client.post(on_change, json={"input": "{"}, headers=key), 400),
            (await client.post(on_change, content=b"{}", headers=key), 415),
            (await client.post(on_change, content=b"[" * 100_000, headers=key | JSON), 400),
            (await client.post(on_change, json={"input": "[" * 100_000}, headers=key), 400),
            (await client.post(on_change, json=["input"], headers=key), 400),
        ):
            assert (refused.status_code, refused.json()["status"]) == (status, status)
        assert ("change", "z") in SEEN
        assert [one.get_body() for one in SEEN if isinstance(one, func.ServiceBusMessage)] == [
            b"by hand"
        ]


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "192.0.2.1"])
async def test_nobody_starts_functions_without_the_key_of_the_folder(
    folder: Folder, client: str
) -> None:
    path = "/admin/functions/on_tick"
    async with serving(folder) as (host, _):
        transport = httpx.ASGITransport(app=host, client=(client, 5))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as caller:
            function_key = {"x-functions-key": folder.key("function").hex()}
            refused = [
                await caller.post(path, json={}, headers=headers)
                for headers in (
                    {},
                    {"Origin": "http://evil"},
                    {"x-functions-key": ""},
                    function_key,
                )
            ]
            master = {"x-functions-key": (folder.path / "master.key").read_text()}
            admitted = await caller.post(path, json={}, headers=master)

    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        *[(401, "unauthenticated")] * 3,
        (403, "forbidden"),
    ]
    assert admitted.status_code == 202


def test_a_setting_that_is_not_there_stops_the_function() -> None:
    app = func.FunctionApp()

    @app.timer_trigger(schedule="%NOPE%", arg_name="tick")
    async def never(tick: func.TimerRequest) -> None: ...

    with pytest.raises(CannotStart, match="NOPE"):
        read_functions(app, {})


async def test_one_process_of_a_folder_leads(folder: Folder) -> None:
    async with serving(folder), serving(folder):
        await until(lambda: ("tick", False) in SEEN)
        SEEN.clear()
        await asyncio.sleep(2.2)

        assert len([one for one in SEEN if one[0] == "tick"]) <= 3
