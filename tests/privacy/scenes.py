"""A customer of whom something is stored in every place there is, and who is erased then."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic_core import to_json

from local.bus.sqlite import SqliteBus
from local.tokens import Bearer
from shared.composition import wiring
from shared.ports.bus import Outgoing
from shared.ports.changes import Change
from shared.sync.set_aside import set_change_aside
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api, a_phone, an_address, an_email
from tests.dead_lettered import dead_letter
from tests.waiting import eventually

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")
MARKERS = {
    "first": "Xylophia", "last": "Quarkworth", "email": "xq77@markwood.example",
    "second": "zz91@oldwood.example", "phone": "2065550177", "street": "77 Wombat Crescent",
    "city": "Zorkville", "note": "likes ultraviolet umbrellas", "activity": "bought a xebec",
    "external": "ext-quokka-5", "former": "Vexley", "followUp": "call about yurts",
    "offline": "said while offline", "stopped": "Wrongfield", "heldBack": "Waitling",
}  # fmt: skip


async def everywhere(api: Api) -> dict[str, Any]:
    """Return a customer whose data is in each place that the API can put it."""
    first, last = MARKERS["first"], MARKERS["former"]
    customer = await api.create(
        firstName=first,
        lastName=last,
        contacts=[
            an_email(MARKERS["email"], marketingConsent="OptedIn"),
            a_phone(f"(206) 555-{MARKERS['phone'][-4:]}"),
        ],
        addresses=[an_address(street=MARKERS["street"], city=MARKERS["city"])],
        externalIds={"web": MARKERS["external"]},
    )
    path = f"customers/{customer['id']}"
    await done(api, "PATCH", path, {"lastName": MARKERS["last"]}, if_match="*")
    await done(api, "POST", f"{path}/contacts", an_email(MARKERS["second"]))
    other = an_address(street=f"1 {MARKERS['city']} Lane")
    added = await done(api, "POST", f"{path}/addresses", other)
    await done(api, "DELETE", f"{path}/addresses/{added['id']}", if_match="*")
    note = {"text": MARKERS["note"]}
    await done(api, "POST", f"{path}/notes", note, bearer=MANAGER)
    activity = {"activityType": "StoreVisit", "summary": MARKERS["activity"]}
    await done(api, "POST", f"{path}/activities", activity, bearer=MANAGER)
    await _in_books(api, customer["id"])
    await _offline(api, customer["id"])
    await _set_aside(customer["id"])
    return customer


async def _in_books(api: Api, key: str) -> None:
    """Have a card and a follow-up in one book, and a plan, a moved one and a card in another."""
    book = "client-books/000137"
    await done(api, "POST", f"{book}/clients", {"customerIds": [key]}, bearer=TRICIA)
    known = {"attributes": {"interests": ["Shoes"]}}
    await done(api, "PATCH", f"{book}/clients/{key}", known, bearer=TRICIA, if_match="*")
    task = {"customerId": key, "subject": MARKERS["followUp"], "dueOn": "2027-01-05"}
    await done(api, "POST", f"{book}/follow-ups", task, bearer=TRICIA)
    rule = {"rule": "ToOne", "to": "000160"}
    plan = await done(api, "POST", f"{book}/handover-plans", rule, bearer=MANAGER)
    await done(api, "POST", f"{book}/handover-plans/{plan['id']}/execution", bearer=MANAGER)

    async def is_moved() -> bool:
        card = await api.get(f"client-books/000160/clients/{key}", bearer=MANAGER)
        return card.status_code == 200

    await eventually(20, is_moved, pause=0.1)


async def _offline(api: Api, key: str) -> None:
    """Upload an operation that is applied, one that stops, and one that is held back behind it."""
    bodies: list[dict[str, Any]] = [
        {"type": "note", "body": {"text": MARKERS["offline"]}},
        {"type": "patch", "body": {"lastNam": MARKERS["stopped"]}},
        {"type": "patch", "body": {"suffix": MARKERS["heldBack"]}},
    ]
    lines = [
        {"operationId": str(uuid4()), "customerId": key, "at": f"2026-11-20T10:0{minute}:00Z"}
        | body
        for minute, body in enumerate(bodies)
    ]
    sessions = "channels/HOUSTON/upload-sessions"
    body = "\n".join(json.dumps(line) for line in lines).encode()
    started = await done(api, "POST", sessions, body, content_type="application/x-ndjson")

    async def is_applied() -> bool:
        session = (await api.get(f"{sessions}/{started['id']}")).json()
        return bool(session["status"] == "Applied")

    await eventually(20, is_applied, pause=0.1)


async def _set_aside(key: str) -> None:
    """Have a feed that could not digest a change, and a message that was delivered too often."""
    backend = wiring.backend()
    change = Change("customers", (key, COMPANY), "membership", "membership", COMPANY)
    await set_change_aside(change, "keep_cards", ValueError("no"), backend.documents)
    assert isinstance(backend.bus, SqliteBus)
    message = Outgoing(
        id=f"{key}:1",
        body=to_json({"changes": [{"new": MARKERS["first"]}]}),
        session=key,
        properties={"legalEntity": COMPANY, "customerId": key},
    )
    await dead_letter(backend.bus, message)


async def done(api: Api, method: str, path: str, body: Any = None, **how: Any) -> Any:
    response = await api.call(method, path, body, **how)
    assert response.status_code < 300, (method, path, response.text)
    return response.json() if response.content else None


async def erase(api: Api, customer: dict[str, Any], **but: Any) -> dict[str, Any]:
    """Request it, to start at once, and wait until it is completed."""
    path = f"customers/{customer['id']}/erasure"
    body = {"reason": "request of the person", "immediately": True} | but
    response = await api.post(path, body, bearer=ADMINISTRATOR)
    assert response.status_code == 202, response.text

    async def is_completed() -> bool:
        erasure = (await api.get(path, bearer=ADMINISTRATOR)).json()
        return bool(erasure["state"] == "Completed")

    await eventually(30, is_completed, pause=0.1)
    erasure: dict[str, Any] = (await api.get(path, bearer=ADMINISTRATOR)).json()
    return erasure


async def leftovers(api: Api, find: Callable[[bytes], bool]) -> list[str]:
    """Return the documents in which it is found, container by container."""
    found = []
    documents = wiring.backend().documents
    for container in ("customers", "directory", "books", "settings", "distribution"):
        position = None
        while True:
            changes = await documents.changes(container, position, 500)
            if not changes.documents:
                break
            position = changes.position
            for document in changes.documents:
                text = str(document.body)
                if find(text.encode()):
                    found.append(f"{container} {document.partition} {text[:300]}")
    return found


def files_with(folder: Path, words: list[str]) -> list[str]:
    """Return the files whose bytes contain one of the words, compressed ones after unpacking."""
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            found += [f"{file.name}: {word}" for word in words if word.encode() in content]
    return found
