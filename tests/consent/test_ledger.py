"""The chain of a ledger: what it proves, and what it still proves once the person is erased."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.ports.documents import Put, Remove
from tests.api import COMPANY, Api, an_email
from tests.consent.scenes import KAREN, PROOF, decide, ledger

ZEROS = "0" * 64
ANSWERED = {"personal", "hash", "inForce"}
Tampering = Callable[[dict[str, Any]], None]


def by_hand(value: dict[str, Any]) -> str:
    """Return the hash as somebody else computes it, from what was answered."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


async def chained(api: Api) -> dict[str, Any]:
    """Return a customer with a ledger of four entries."""
    karen = await api.create(contacts=[an_email(KAREN)])
    for decision in ("OptedIn", "OptedOut", "OptedIn", "OptedOut"):
        await decide(api, karen, decision=decision, evidence=PROOF)
    return karen


async def test_anybody_can_check_the_chain_from_what_is_answered(api: Api) -> None:
    karen = await chained(api)
    entries = list(reversed(await ledger(api, karen)))
    previous = ZEROS
    for sequence, entry in enumerate(entries, start=1):
        core = {name: value for name, value in entry.items() if name not in ANSWERED}
        assert entry["sequence"] == sequence
        assert entry["previous"] == previous
        assert by_hand(core) == entry["hash"]
        assert by_hand(entry["personal"]) == entry["commitment"]
        previous = entry["hash"]
    customer = (await api.get(f"customers/{karen['id']}")).json()

    assert customer["ledger"] == {"sequence": 4, "head": previous}
    verification = (await api.get(f"customers/{karen['id']}/consents/verification")).json()
    assert verification == {
        "valid": True, "entries": 4, "head": previous, "brokenAt": None, "redacted": 0,
    }  # fmt: skip


async def stored(api: Api, key: str, sequence: int) -> dict[str, Any]:
    name = f"consent:{sequence:012d}"
    document = await api.documents.read("customers", (key, COMPANY), name)
    assert document
    return document.body


def change(part: str, **fields: Any) -> Tampering:
    return lambda body: body[part].update(fields)


TAMPERINGS: dict[str, tuple[Tampering, int]] = {
    "decision": (change("core", decision="OptedIn"), 2),
    "purpose": (change("core", purpose="Service"), 2),
    "channel": (change("core", channel="email"), 2),
    "outcome": (change("core", outcome="Superseded"), 2),
    "source": (change("core", source="Customer"), 2),
    "legal basis": (change("core", legalBasis="Contract"), 2),
    "text": (change("core", textVersion="2020-01"), 2),
    "locale": (change("core", locale="fr-FR"), 2),
    "time of decision": (change("core", decidedAt="2020-01-01T00:00:00.000Z"), 2),
    "time of recording": (change("core", recordedAt="2020-01-01T00:00:00.000Z"), 2),
    "end": (change("core", validUntil="2030-01-01T00:00:00.000Z"), 2),
    "confirmation": (change("core", confirms=1), 2),
    "inheritance": (change("core", inherited=True), 2),
    "company": (change("core", legalEntity="FRRT"), 2),
    "customer": (change("core", customerId="somebody else"), 2),
    "number": (change("core", sequence=7), 2),
    "the one before": (change("core", previous=ZEROS), 2),
    "commitment": (change("core", commitment=ZEROS), 2),
    "value": (change("personal", value="other@example.com"), 2),
    "salt": (change("personal", salt="00"), 2),
    "who recorded it": (change("personal", recordedBy="employee:1"), 2),
    "proof": (change("personal", reference="another form"), 2),
    "hash": (lambda body: body.update(hash=ZEROS), 2),
    "hash of the last": (lambda body: body.update(hash=ZEROS), 4),
}


@pytest.mark.parametrize("what", TAMPERINGS)
async def test_a_stored_entry_that_was_tampered_with_is_found(api: Api, what: str) -> None:
    karen = await chained(api)
    tamper, sequence = TAMPERINGS[what]
    body = await stored(api, karen["id"], sequence)
    tamper(body)
    await api.documents.commit("customers", (karen["id"], COMPANY), [Put(body)])
    verification = (await api.get(f"customers/{karen['id']}/consents/verification")).json()

    assert (verification["valid"], verification["brokenAt"]) == (False, sequence)


@pytest.mark.parametrize(("gone", "broken_at"), [(1, 1), (2, 2), (4, 4)])
async def test_an_entry_that_is_gone_is_found(api: Api, gone: int, broken_at: int) -> None:
    karen = await chained(api)
    removal = Remove(f"consent:{gone:012d}")
    await api.documents.commit("customers", (karen["id"], COMPANY), [removal])
    verification = (await api.get(f"customers/{karen['id']}/consents/verification")).json()

    assert (verification["valid"], verification["brokenAt"]) == (False, broken_at)


async def test_the_chain_holds_without_the_person(api: Api) -> None:
    karen = await chained(api)
    for sequence in (1, 2, 3, 4):
        body = await stored(api, karen["id"], sequence) | {"personal": None}
        await api.documents.commit("customers", (karen["id"], COMPANY), [Put(body)])
    verification = (await api.get(f"customers/{karen['id']}/consents/verification")).json()

    assert (verification["valid"], verification["redacted"]) == (True, 4)


async def test_what_was_recorded_without_a_chain_is_chained_by_the_next_commit(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    older = {
        "id": "consent:000000000001:1", "type": "consent", "timeline": True,
        "at": "2026-01-01T10:00:00.000000Z", "contactId": "1", "kind": "email", "value": KAREN,
        "purpose": "Marketing", "decision": "OptedOut", "source": "POS",
        "evidence": dict.fromkeys(("textVersion", "locale", "capturedBy", "reference")),
        "decidedAt": "2026-01-01T10:00:00Z", "recordedAt": "2026-01-01T10:00:01Z",
        "recordedBy": "employee:000160", "schemaVersion": 1,
    }  # fmt: skip
    customer = await api.documents.read("customers", (karen["id"], COMPANY), karen["id"])
    assert customer
    unchained = customer.body | {"ledger": None}
    await api.documents.commit("customers", (karen["id"], COMPANY), [Put(older), Put(unchained)])
    [before] = await ledger(api, karen)
    await decide(api, karen, decision="OptedOut")
    newest, oldest = await ledger(api, karen)

    assert (before["sequence"], before["decision"]) == (0, "OptedOut")
    assert (oldest["sequence"], oldest["decidedAt"]) == (1, "2026-01-01T10:00:00.000Z")
    assert (newest["sequence"], newest["previous"]) == (2, oldest["hash"])
    verification = (await api.get(f"customers/{karen['id']}/consents/verification")).json()
    assert (verification["valid"], verification["entries"]) == (True, 2)
