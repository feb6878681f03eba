"""What holds once everything was delivered."""

from typing import Any

from shared.consent.consents import verify_consents
from shared.context import Context
from shared.core.values import in_milliseconds
from shared.ports.documents import Prefix
from tests.consent.machine import model
from tests.consent.machine.model import Entry, Point
from tests.consent.machine.told import Ledgers

Json = dict[str, Any]


async def check_drained(ledgers: Ledgers, context: Context) -> None:
    entries = list(ledgers.entries.values())
    for key, customer in ledgers.customers.items():
        _check_contacts(customer, entries, in_milliseconds(context.now))
        await _check_chain(key, customer, entries, context)
    for point in model.POINTS:
        await _check_point(point, ledgers, context)


def _check_contacts(customer: Json, entries: list[Entry], now: str) -> None:
    """Hold what the contacts show to what is in force."""
    for contact in customer["contacts"]:
        point = (contact["kind"], contact["normal"])
        shown = model.shown(entries, point, customer["id"], now)
        assert contact["consents"] == shown
        assert contact["marketingConsent"] == model.marketing(shown, contact["kind"])


async def _check_chain(key: str, customer: Json, entries: list[Entry], context: Context) -> None:
    verification = await verify_consents(key, context=context)
    sequences = sorted(one.sequence for one in entries if one.customer == key)
    last = customer["ledger"]["sequence"]
    assert verification.valid
    assert verification.entries == last
    assert sequences == list(range(1, last + 1)), "without a gap"


async def _check_point(point: Point, ledgers: Ledgers, context: Context) -> None:
    """Hold the decisions and the holders of a point to the ledgers and the customers."""
    name = context.point_names.name(context.legal_entity, *point)
    partition = (f"point:{name}", context.legal_entity)
    stored = await context.documents.read("directory", partition, "point")
    body = stored.body if stored else {"registers": {}, "holders": 0}
    expected = {
        f"holder:{key}": contacts
        for key, customer in ledgers.customers.items()
        if (contacts := _contacts_at(point, customer))
    }
    holders = {
        document.id: document.body["contactIds"]
        async for document in context.documents.all("directory", partition, Prefix("id", "holder:"))
    }

    assert _registers(body) == model.registers(list(ledgers.entries.values()), point)
    assert holders == expected
    assert body["holders"] == len(expected)


def _contacts_at(point: Point, customer: Json) -> list[str]:
    contacts = customer["contacts"]
    return [one["id"] for one in contacts if (one["kind"], one["normal"]) == point]


def _registers(body: Json) -> Json:
    return {
        name: {
            strength: (stamp["customerId"], stamp["sequence"]) if stamp else None
            for strength, stamp in register.items()
        }
        for name, register in body["registers"].items()
    }
