"""Every operation, asked once: on fresh things, with the settings remembered from before."""

from datetime import UTC, datetime
from typing import Any

from local.tokens import Bearer
from shared.composition import wiring
from shared.handovers.bulk_moves import read_bulk_move
from shared.handovers.moving import move_next_clients
from shared.ports.changes import Change
from shared.sync.set_aside import set_change_aside
from tests.api import (
    ADMINISTRATOR,
    BASE,
    COMPANY,
    MANAGER,
    an_address,
    an_email,
)
from tools.operations.consents import consents
from tools.operations.distribution import distribution
from tools.operations.people import Ask, person
from tools.operations.privacy import privacy

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")
CHANNELS = ("SANFRAN", "ONLINE")
OFFLINE = (
    '{{"operationId": "{operation}", "type": "create", "customerId": "{customer}",'
    ' "at": "2026-11-20T10:00:00Z", "body": {{"lastName": "Berg"}}}}'
)


async def everything(ask: Ask, number: int) -> None:
    """Ask `ask(row, method, path, body, **how)` for each row of the table."""
    warm = await ask(None, "POST", "customers", person(number, "d"))
    await ask(None, "GET", f"customers/{warm['id']}", bearer=MANAGER)
    await ask(None, "PATCH", f"customers/{warm['id']}", {"title": "Ms."}, if_match="*")
    await _customers(ask, number)
    await _parts(ask, number)
    await consents(ask, number)
    await privacy(ask, number)
    await _imports(ask)
    await _uploads(ask, number)
    await distribution(ask, number)
    await _synchronization(ask, number)
    await _clienteling(ask, number)
    await _follow_ups(ask, number)
    await _settings(ask, number)
    for row, path in (
        ("check_liveness", "/api/health/live"),
        ("check_readiness", "/api/health/ready"),
        ("describe_api", "/api/openapi.json"),
        ("browse_api", "/api/docs"),
        ("get_docs_asset", "/api/docs/swagger-ui.css"),
    ):
        await ask(row, "GET", path)


def operation_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


async def _customers(ask: Ask, number: int) -> None:
    made = await ask("create_customer", "POST", "customers", person(number, "a"))
    key = {"idempotency_key": f"key-{number}"}
    body = person(number, "b")
    await ask("create_customer, with Idempotency-Key", "POST", "customers", body, **key)
    await ask("create_customer, the same again", "POST", "customers", body, **key)
    path, account = f"customers/{made['id']}", f"customers/{made['accountNumber']}"
    await ask("get_customer by GUID", "GET", path)
    await ask("get_customer by account number", "GET", account)
    await ask("get_customer by account number, again", "GET", account)
    web = {"externalIds": {"web": f"u-{number}"}}
    await ask("edit_customer, a new external id", "PATCH", path, web, if_match="*")
    for row, query in (
        ("find_customers by external id", f"externalId=web:u-{number}"),
        ("find_customers by a word", f"q=quintusaaa{number}"),
        ("find_customers by two words", f"q=quintusaaa{number} berg"),
        (
            "find_customers by a word of the name, local ones",
            f"q=quintusaaa{number}&by=name&store=HOUSTON",
        ),
        ("find_customers by e-mail", f"q=quintusaaa{number}@example.com"),
        ("find_customers by phone", f"q=20655501{number}7"),
        ("find_customers, newest first", "limit=20"),
    ):
        await ask(row, "GET", f"customers?{query}")
    await ask("edit_customer", "PATCH", path, {"firstName": f"Zoe{number}"}, if_match="*")
    await ask("get_customer_defaults", "GET", "customer-defaults?store=HOUSTON")
    await ask("deactivate_customer", "DELETE", path, bearer=ADMINISTRATOR, if_match="*")
    await ask("restore_customer", "POST", f"{path}/restoration", bearer=ADMINISTRATOR)


async def _parts(ask: Ask, number: int) -> None:
    made = await ask(None, "POST", "customers", person(number, "c"))
    addresses, contacts = (f"customers/{made['id']}/{part}" for part in ("addresses", "contacts"))
    one = await ask("add_address", "POST", addresses, an_address(street="2 Main St"))
    await ask("list_addresses", "GET", addresses)
    await ask("get_address", "GET", f"{addresses}/{one['id']}")
    where = f"{addresses}/{one['id']}"
    await ask("edit_address", "PATCH", where, {"street": "3 Main St"}, if_match="*")
    await ask("deactivate_address", "DELETE", where, if_match="*")
    email = an_email(f"second{number}@example.com")
    other = await ask("add_contact", "POST", contacts, email)
    await ask("list_contacts", "GET", contacts)
    await ask("get_contact", "GET", f"{contacts}/1")
    where = f"{contacts}/{other['id']}"
    await ask("edit_contact", "PATCH", where, {"purpose": "Business"}, if_match="*")
    await ask("remove_contact", "DELETE", where, if_match="*")


async def _imports(ask: Ask) -> None:
    line = b'{"storeNumber": "HOUSTON", "lastName": "Line"}'
    started = await ask(
        "start_import", "POST", "imports", line, bearer=ADMINISTRATOR,
        content_type="application/x-ndjson",
    )  # fmt: skip
    await ask("get_import", "GET", f"imports/{started['id']}", bearer=ADMINISTRATOR)


async def _uploads(ask: Ask, number: int) -> None:
    """What is decided about here was uploaded, and stopped, in `tools.operations.table`."""
    sessions, conflicts = "channels/HOUSTON/upload-sessions", "channels/HOUSTON/conflicts"
    line = OFFLINE.format(operation=operation_id(number + 10), customer=operation_id(number + 20))
    boss: dict[str, Any] = {"bearer": ADMINISTRATOR}
    started = await ask(
        "upload_offline_operations", "POST", sessions.replace("HOUSTON", CHANNELS[number - 1]),
        line.encode(), content_type="application/x-ndjson", **boss,
    )  # fmt: skip
    channel = f"channels/{started['channel']}/upload-sessions"
    await ask("get_upload_session", "GET", f"{channel}/{started['id']}", **boss)
    await ask("list_upload_sessions", "GET", channel, **boss)
    await ask("list_conflicts", "GET", conflicts, **boss)
    stopped = operation_id(number)
    await ask("get_conflict", "GET", f"{conflicts}/{stopped}", **boss)
    decision = {"operationId": stopped, "decision": "retry", "body": {"firstName": "Carina"}}
    await ask("decide_conflict", "POST", conflicts, decision, **boss)


async def _synchronization(ask: Ask, number: int) -> None:
    body, later = person(number, "e"), {"prefer": "respond-async"}
    made = await ask("create_customer, asynchronously", "POST", "customers", body, **later)
    path = f"customers/{made['id']}"
    await ask("list_sync_operations", "GET", f"{path}/sync-operations")
    await ask("trace_one_customer", "GET", f"{path}/trace")
    await ask("resync_customer", "POST", f"{path}/resync")
    head: dict[str, Any] = {"bearer": ADMINISTRATOR}
    letters = await ask("list_dead_letters", "GET", "dead-letters", **head)
    one, other = (f"dead-letters/{letter['id']}" for letter in letters["items"][:2])
    await ask("get_dead_letter", "GET", one, **head)
    await ask("replay_dead_letter", "POST", f"{one}/replay", **head)
    await ask("drop_dead_letter", "DELETE", other, if_match="*", **head)
    await ask("list_unsynchronized_customers", "GET", "sync-operations", **head)
    for name in (made["id"], f"event:{1:012d}"):
        change = Change("customers", (made["id"], COMPANY), name, "", COMPANY)
        await set_change_aside(change, "a_feed", ValueError(), wiring.backend().documents)
    aside = await ask("list_set_aside_changes", "GET", "set-aside-changes", **head)
    names = {change["documentId"]: change["id"] for change in aside["items"]}
    one, other = (f"set-aside-changes/{names[name]}" for name in (made["id"], f"event:{1:012d}"))
    await ask("get_set_aside_change", "GET", one, **head)
    await ask("replay_set_aside_change", "POST", f"{one}/replay", **head)
    await ask("drop_set_aside_change", "DELETE", other, if_match="*", **head)


async def _clienteling(ask: Ask, number: int) -> None:
    tricia: dict[str, Any] = {"bearer": TRICIA}
    made = await ask(None, "POST", "customers", person(number, "f"))
    path, book = f"customers/{made['id']}", "client-books/000137"
    await ask(None, "GET", f"{book}/clients", **tricia)
    await ask(None, "GET", "stores/HOUSTON/clients", bearer=MANAGER)
    await ask("get_client_book", "GET", book, **tricia)
    one = {"customerIds": [made["id"]]}
    await ask("add_clients, one", "POST", f"{book}/clients", one, **tricia)
    await ask("add_clients, the same again", "POST", f"{book}/clients", one, **tricia)
    await ask("list_clients", "GET", f"{book}/clients", **tricia)
    query = "filter=interests:eq:Shoes&filter=birthday:within:30&sort=-addedAt"
    await ask("list_clients by what is known, sorted", "GET", f"{book}/clients?{query}", **tricia)
    await ask("list_clients, with facets", "GET", f"{book}/clients?facets=interests", **tricia)
    card = f"{book}/clients/{made['id']}"
    await ask("get_client", "GET", card, **tricia)
    known = {"attributes": {"interests": ["Shoes"]}}
    await ask("edit_client", "PATCH", card, known, if_match="*", **tricia)
    await ask("list_store_clients, three associates", "GET", "stores/HOUSTON/clients",
              bearer=MANAGER)  # fmt: skip
    act = {"activityType": "Phone", "summary": "Called"}
    activity = await ask("add_activity", "POST", f"{path}/activities", act, **tricia)
    await ask("get_activity", "GET", f"{path}/activities/{activity['id']}", **tricia)
    await ask("list_activities", "GET", f"{path}/activities", **tricia)
    note = await ask("add_note", "POST", f"{path}/notes", {"text": "Red shoes"}, **tricia)
    await ask("get_note", "GET", f"{path}/notes/{note['id']}", **tricia)
    await ask("list_notes", "GET", f"{path}/notes", **tricia)
    where = f"{path}/notes/{note['id']}"
    await ask("edit_note", "PATCH", where, {"text": "Blue shoes"}, if_match="*", **tricia)
    await ask("get_timeline", "GET", f"{path}/timeline", **tricia)
    await ask("remove_note", "DELETE", where, if_match="*", **tricia)
    await _handovers(ask, made["id"])
    await ask("remove_client", "DELETE", card, if_match="*", **tricia)
    await ask("list_client_books", "GET", "client-books?limit=2", bearer=ADMINISTRATOR)


async def _handovers(ask: Ask, key: str) -> None:
    book, boss = "client-books/000137", {"bearer": MANAGER}
    rule = {"rule": "ToOne", "to": "000160"}
    plan = await ask("plan_a_handover", "POST", f"{book}/handover-plans", rule, **boss)
    where = f"{book}/handover-plans/{plan['id']}"
    await ask("get_handover_plan", "GET", where, **boss)
    await ask("get_addition", "GET", f"{book}/additions/{plan['id']}", **boss)
    await ask("get_reassignment", "GET", f"{book}/reassignments/{plan['id']}", **boss)
    await ask("list_handover_plans", "GET", f"{book}/handover-plans", **boss)
    await ask("execute_handover_plan", "POST", f"{where}/execution", **boss)
    await carry_out("000137", plan["id"])
    await ask("undo_handover_plan", "POST", f"{where}/undo", **boss)
    await carry_out("000137", plan["id"])
    one = {"customerIds": [key], "to": "000160"}
    await ask("reassign_clients, one", "POST", f"{book}/reassignments", one, **boss)
    back = {"customerIds": [key], "to": "000137"}
    await ask(None, "POST", "client-books/000160/reassignments", back, **boss)


async def carry_out(personnel_number: str, plan_id: str) -> None:
    """Work through a plan, as the feed does that rests here."""
    context = wiring.backend().context(COMPANY, "system:plans", datetime.now(UTC))
    stored = await read_bulk_move(personnel_number, plan_id, context=context)
    assert not await move_next_clients(stored.value, context=context)


async def _follow_ups(ask: Ask, number: int) -> None:
    tricia: dict[str, Any] = {"bearer": TRICIA}
    made = await ask(None, "POST", "customers", person(number, "g"))
    book = "client-books/000137"
    await ask(None, "POST", f"{book}/clients", {"customerIds": [made["id"]]}, **tricia)
    path = f"{book}/follow-ups"
    new = {"customerId": made["id"], "subject": "Call her", "dueOn": "2026-12-24"}
    one = await ask("add_follow_up", "POST", path, new, **tricia)
    where = f"{path}/{one['id']}"
    await ask("get_follow_up", "GET", where, **tricia)
    await ask("list_follow_ups", "GET", path, **tricia)
    await ask("list_follow_ups, overdue ones", "GET", f"{path}?due=overdue", **tricia)
    await ask("edit_follow_up", "PATCH", where, {"subject": "Write her"}, if_match="*", **tricia)
    how = {"outcome": "Reached", "activityType": "Phone"}
    await ask("complete_follow_up", "POST", f"{where}/completion", how, **tricia)


async def _settings(ask: Ask, number: int) -> None:
    head: dict[str, Any] = {"bearer": ADMINISTRATOR}
    company = await ask("get_company", "GET", BASE, **head)
    same = {name: company[name] for name in ("name", "currency", "language")}
    await ask("put_company", "PUT", BASE, same, if_match="*", **head)
    await ask("list_features", "GET", "features")
    await ask("get_feature", "GET", "features/enhanced-async-customer-creation")
    switch = {"enabled": number == 2}
    name = "features/edit-customers-asynchronously"
    await ask("switch_feature", "PUT", name, switch, if_match="*", **head)
    await ask("list_settings", "GET", "settings/stores")
    await ask("get_setting", "GET", "settings/stores/HOUSTON", bearer=MANAGER)
    one = f"settings/affiliations/Gold{number}"
    await ask("put_setting", "PUT", one, {"name": f"Gold{number}"}, **head)
    await ask("remove_setting", "DELETE", one, if_match="*", **head)
    await ask("get_parameters", "GET", "parameters")
    await ask("get_me", "GET", "me", bearer=TRICIA)
    await ask("edit_parameters", "PATCH", "parameters", {}, if_match="*", **head)
    await _measures(ask, number)


async def _measures(ask: Ask, number: int) -> None:
    name = f"orders{number}"
    body = {"name": name, "label": "Orders", "dataType": "Integer"}
    await ask(None, "PUT", f"settings/measures/{name}", body, bearer=ADMINISTRATOR)
    first, second = [
        await ask(None, "POST", "customers", person(number, letter)) for letter in "fg"
    ]
    await ask(None, "PUT", f"measures/{name}", {"values": {first["id"]: number}})
    values = {"values": {second["id"]: number}}
    await ask("import_measure, of one customer", "PUT", f"measures/{name}", values)
