"""What a timer or a queue gives a function is the same under the worker and the local host."""

import importlib.util
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.bus.tables import Message, Received
from local.host import timers
from local.host.functions import Function, decode, read_functions
from local.host.messages import message
from tests.conformance.own_process import run_worker

pytest.importorskip("azure_functions_runtime", reason="Microsoft's worker needs Python 3.13")

from tests.conformance import payloads

PROBE = Path(__file__).parent / "probe" / "function_app.py"
NOON = datetime(2031, 5, 4, 12, 0, 0, 500_000, tzinfo=UTC)
LATER = datetime(2031, 5, 4, 12, 5, tzinfo=UTC)
AT_NOON = "2031-05-04T12:00:00.5000000"  # as .NET writes it, with or without its zone
AT_LATER = "2031-05-04T12:05:00.0000000"
UNKNOWN_TO_THE_BUS = {"expires_at_utc"}  # its messages do not expire
LOCK_TOKEN = "3f0c0000-0000-4000-8000-000000000000"

ORDER = {
    "MessageId": "m-1", "SessionId": "karen", "CorrelationId": "c-1", "Subject": "made",
    "ContentType": "application/json",
}  # fmt: skip


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    return Path(shutil.copy(PROBE, tmp_path)).parent


async def test_a_message_looks_the_same(probe: Path) -> None:
    payload = payloads.service_bus(
        '{"order": "K\u00e1ren"}', {"tenant": "USRT"}, **ORDER, Label="made",
        LockToken=LOCK_TOKEN, DeliveryCount=1, SequenceNumber=17,
        EnqueuedTimeUtc=AT_NOON, ExpiresAtUtc=AT_LATER,
    )  # fmt: skip
    told = notes_of_the_worker(probe, payloads.asking("note_message", payload))
    sent = Message(
        '{"order": "K\u00e1ren"}'.encode(), {**ORDER, "ApplicationProperties": {"tenant": "USRT"}}
    )
    received = Received(sent, 17, NOON.timestamp(), LOCK_TOKEN, 1)
    local = await notes_of_the_local_host(probe, "note_message", message(received))

    assert local["message_id"] == "m-1"
    assert local["enqueued_time_utc"] == "2031-05-04 12:00:00.500000", "without a zone"
    assert {name for name in told if told[name] != local[name]} == UNKNOWN_TO_THE_BUS


async def test_a_tick_looks_the_same(probe: Path) -> None:
    status = {"Last": f"{AT_NOON}+00:00", "LastUpdated": f"{AT_NOON}+00:00"}
    payload = payloads.timer(past_due=False, **status, Next=f"{AT_LATER}+00:00")
    told = notes_of_the_worker(probe, payloads.asking("note_tick", payload))
    tick = decode("timerTrigger", timers.payload(NOON, LATER))
    local = await notes_of_the_local_host(probe, "note_tick", tick)

    assert local["schedule_status"]["Next"] == "2031-05-04T12:05:00+00:00"
    assert in_moments(told) == in_moments(local)


def test_a_message_that_cannot_be_read_fails(probe: Path) -> None:
    poison = payloads.service_bus("poison", {}, MessageId="m-1")
    ran = run_worker(probe, payloads.asking("note_message", poison))

    assert ran.stdout.splitlines()[1:] == ["failed: ValueError: it cannot be read"]
    assert not (probe / "notes.jsonl").exists()


def notes_of_the_worker(probe: Path, asked: str) -> dict[str, Any]:
    ran = run_worker(probe, asked)
    assert ran.stdout.splitlines()[1:] == ["done"], ran.stdout + ran.stderr
    return last_note(probe)


async def notes_of_the_local_host(probe: Path, name: str, value: Any) -> dict[str, Any]:
    (probe / "notes.jsonl").unlink()
    [function] = [one for one in functions_of(probe) if one.name == name]
    await function.invoke(value)
    return last_note(probe)


def functions_of(probe: Path) -> list[Function]:
    """Read the probe under a name of its own, for `function_app` is taken."""
    spec = importlib.util.spec_from_file_location("probe", probe / "function_app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return read_functions(module.app, {})


def last_note(probe: Path) -> dict[str, Any]:
    note: dict[str, Any] = json.loads((probe / "notes.jsonl").read_text().splitlines()[-1])
    return note


def in_moments(tick: dict[str, Any]) -> dict[str, Any]:
    """Return the tick with its times as times: each side writes them in its own way."""
    status = tick["schedule_status"].items()
    moments = {name: datetime.fromisoformat(text) for name, text in status}
    return tick | {"schedule_status": moments}
