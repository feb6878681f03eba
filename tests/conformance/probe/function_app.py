"""A function app that notes what its handlers are given, one line each."""

import json
from pathlib import Path
from typing import Any

import azure.functions as func

app = func.FunctionApp()
NOTES = Path(__file__).with_name("notes.jsonl")
OF_A_MESSAGE = (
    "message_id", "session_id", "correlation_id", "subject", "label", "content_type", "to",
    "reply_to", "partition_key", "application_properties", "user_properties", "delivery_count",
    "sequence_number", "enqueued_sequence_number", "enqueued_time_utc", "expires_at_utc",
    "scheduled_enqueue_time_utc", "time_to_live", "lock_token", "locked_until", "state",
    "dead_letter_source", "dead_letter_reason", "dead_letter_error_description",
)  # fmt: skip
OF_A_TICK = ("past_due", "schedule", "schedule_status")


@app.service_bus_queue_trigger(arg_name="message", queue_name="work", connection="BUS")
async def note_message(message: func.ServiceBusMessage) -> None:
    if message.get_body() == b"poison":
        raise ValueError("it cannot be read")
    note({"body": message.get_body()} | {name: getattr(message, name) for name in OF_A_MESSAGE})


@app.timer_trigger(schedule="0 */5 * * * *", arg_name="tick")
async def note_tick(tick: func.TimerRequest) -> None:
    note({name: getattr(tick, name) for name in OF_A_TICK})


def note(told: dict[str, Any]) -> None:
    with NOTES.open("a") as notes:
        notes.write(json.dumps(told, default=str) + "\n")
