"""The emulators are configured as topology.json says, as far as they can be."""

import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.commands import main
from local.commands.emulators import waiting
from local.emulators.configuration import CONNECTIONS, FOLDER, SERVICEBUS, Emulators
from local.emulators.seed import seed, seed_packages
from shared.adapters.servicebus.bus import with_connection_string
from shared.platform import topology
from shared.platform.topology import Entity, Messaging, containers
from shared.ports.bus import Outgoing
from tests.doubles import servicebus
from tests.doubles.azurite import Azurite
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import connection_string, served
from tests.infra.settings import APP
from tests.infra.stands import ROOT


class Shape(BaseModel):
    """As Microsoft's own schema for Config.json, and stricter: it lets typing errors pass."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Received(Shape):
    DeadLetteringOnMessageExpiration: bool
    DefaultMessageTimeToLive: str = Field(pattern=r"^PT(1H|\d+M)$")
    ForwardDeadLetteredMessagesTo: str
    ForwardTo: str
    LockDuration: str
    MaxDeliveryCount: int = Field(ge=1, le=10)
    RequiresSession: bool


class QueueProperties(Received):
    RequiresDuplicateDetection: bool
    DuplicateDetectionHistoryTimeWindow: str = "PT20S"


class Queue(Shape):
    Name: str = Field(pattern=r"^[A-Za-z0-9_./-]{1,260}$")
    Properties: QueueProperties


class CorrelationFilter(Shape):
    Properties: dict[str, str]


class RuleProperties(Shape):
    FilterType: Literal["Correlation"]
    CorrelationFilter: CorrelationFilter


class Rule(Shape):
    Name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,50}$")
    Properties: RuleProperties


class Subscription(Shape):
    Name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,50}$")
    Properties: Received
    Rules: list[Rule]


class TopicProperties(Shape):
    DefaultMessageTimeToLive: str
    RequiresDuplicateDetection: bool
    DuplicateDetectionHistoryTimeWindow: str = "PT20S"


class Topic(Shape):
    Name: str = Field(pattern=r"^[A-Za-z0-9_./-]{1,260}$")
    Properties: TopicProperties
    Subscriptions: list[Subscription] = Field(min_length=1, max_length=50)


class Namespace(Shape):
    Name: Literal["sbemulatorns"]
    Queues: list[Queue]
    Topics: list[Topic]


class Logging(Shape):
    Type: Literal["File", "Console"]


class UserConfig(Shape):
    Namespaces: list[Namespace] = Field(min_length=1, max_length=1)
    Logging: Logging


class Config(Shape):
    UserConfig: UserConfig


FULLER = Messaging(
    {"urgent": Entity("urgent", sessions=True, lock=600, max_deliveries=20)},
    {
        "news": topology.Topic(
            "news",
            60,
            (
                Entity("news/subscriptions/all", lock=30, max_deliveries=5),
                Entity(
                    "news/subscriptions/some",
                    filters=({"type": "consent.given"}, {"legalEntity": "USRT"}),
                ),
            ),
        )
    },
)


@pytest.fixture
def fuller() -> Emulators:
    """Those of a topology that has everything a topology can have."""
    return Emulators(FULLER)


def seconds(duration: str) -> int:
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", duration)
    assert match
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def test_the_files_are_current() -> None:
    assert Emulators().outdated(FOLDER) == [], "write them anew: python -m local emulators --write"


def test_they_change_with_the_topology(fuller: Emulators) -> None:
    assert fuller.outdated(FOLDER) == [SERVICEBUS]


def test_the_schema_takes_what_is_written(fuller: Emulators) -> None:
    for one in (Emulators(), fuller):
        Config.model_validate(one.files[SERVICEBUS])


def test_times_are_within_the_limits(fuller: Emulators) -> None:
    for one in (Emulators(), fuller):
        space = Config.model_validate(one.files[SERVICEBUS]).UserConfig.Namespaces[0]
        for queue in space.Queues:
            assert 5 <= seconds(queue.Properties.LockDuration) <= 300
            assert 5 <= seconds(queue.Properties.DuplicateDetectionHistoryTimeWindow) <= 300
        for topic in space.Topics:
            assert 5 <= seconds(topic.Properties.DuplicateDetectionHistoryTimeWindow) <= 300
            for its in topic.Subscriptions:
                assert 60 <= seconds(its.Properties.LockDuration) <= 300


def test_what_differs_from_azure_is_told(fuller: Emulators) -> None:
    assert "customer-sync: duplicate window PT10M in Azure, PT5M here" in Emulators().differences
    assert {one.partition(" in Azure")[0] for one in fuller.differences} >= {
        "urgent: lock PT10M",
        "urgent: most deliveries 20",
        "news/subscriptions/all: lock PT30S",
    }


async def test_a_broker_takes_it_and_delivers_by_its_filters(fuller: Emulators) -> None:
    """Ours, which reads the same file and has never been compared with Microsoft's."""
    sent = [{"type": "consent.given"}, {"type": "customer.created"}, {"legalEntity": "USRT"}]
    with servicebus.serve(fuller.files[SERVICEBUS]) as bus:
        sender = with_connection_string(bus.connection_string)
        await sender.send(
            "news", [Outgoing(str(i), b"{}", properties=it) for i, it in enumerate(sent)]
        )
        await sender.close()

        assert bus.counts("news/Subscriptions/all")["active"] == 3
        assert bus.counts("news/Subscriptions/some")["active"] == 2


def test_every_container_is_there() -> None:
    written = json.loads((FOLDER / "cosmos.json").read_text())

    assert [one["id"] for one in written["containers"]] == list(containers())


def test_the_command_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--folder", str(tmp_path)]
    assert main(["emulators", "--check", *folder]) == 1
    assert main(["emulators", "--write", *folder]) == 0
    assert "PT5M here" in capsys.readouterr().out
    assert main(["emulators", "--check", *folder]) == 0

    (tmp_path / SERVICEBUS).write_text("{}")
    assert main(["emulators", "--check", *folder]) == 1
    assert SERVICEBUS in capsys.readouterr().err


class Empty(Endpoint):
    """An account without containers, which takes new ones."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, Any] = {}

    def _route(self, request: Request, path: list[str], body: bytes) -> Response:
        if not path:
            return super()._route(request, path, body)
        if request.method == "POST":
            name = json.loads(body)["id"]
            self.made["/".join([*path, name])] = json.loads(body)
            return JSONResponse(json.loads(body), 201)
        found = self.made.get("/".join(path))
        return JSONResponse(found or {"code": "NotFound"}, 200 if found else 404)


async def test_the_containers_are_made_once() -> None:
    account = Empty()
    with served(account):
        await seed(connection_string(account.url))
        first = dict(account.made)
        await seed(connection_string(account.url))

    assert account.made == first
    assert len(first) == 1 + len(containers())
    for one in containers().values():
        body = first[f"dbs/libro/colls/{one.name}"]
        assert body["partitionKey"]["paths"] == list(one.partition_key)
        assert body["partitionKey"]["kind"] == (
            "MultiHash" if len(one.partition_key) > 1 else "Hash"
        )
        assert body["indexingPolicy"] == one.indexing_policy
        assert body.get("defaultTtl") == one.ttl


async def test_the_container_of_packages_is_made_once(azurite: Azurite) -> None:
    packages = await azurite.emptied()
    await packages.container.delete_container()
    for _ in range(2):
        await seed_packages(azurite.connection_string, connection_verify=azurite.authority)
    is_there = await packages.container.exists()
    await packages.close()

    assert is_there


class Healthy(Endpoint):
    """Answers everybody, as the health of an emulator does."""

    def _answer(self, request: Request, path: list[str], body: bytes, fault: str) -> Response:
        return Response()


def test_waiting_ends_when_all_answer_or_time_is_up() -> None:
    with served(Healthy()) as health:
        assert waiting({"it": health.url}, 5.0) == []
        assert waiting({"it": health.url, "nobody": "http://127.0.0.1:9/"}, 0.1) == ["nobody"]


def test_compose_starts_what_the_connections_name() -> None:
    compose = (ROOT / "compose.yaml").read_text()
    images = re.findall(r"image: (\S+):(\S+)", compose)

    assert len(images) == 4
    assert all(tag not in ("latest", "vnext-latest", "vnext-preview") for _, tag in images)
    for port in (8081, 8080, 5672, 5300, 10000):
        assert f"127.0.0.1:{port}:{port}" in compose
    assert f"./emulators/{SERVICEBUS}:/ServiceBus_Emulator/ConfigFiles/Config.json" in compose


def test_local_settings_are_for_the_emulators() -> None:
    values = json.loads((ROOT / "local.settings.template.json").read_text())["Values"]

    assert {name: values[name] for name in CONNECTIONS} == CONNECTIONS
    assert set(values) - set(APP) == {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
