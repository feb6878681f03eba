"""The operations of consent, asked once each."""

from tests.api import ADMINISTRATOR, BASE
from tools.operations.people import Ask, person


async def consents(ask: Ask, number: int) -> None:
    made = await ask(None, "POST", "customers", person(number, "f"))
    consents = f"customers/{made['id']}/consents"
    decision = {"contactId": "1", "decision": "OptedOut"}
    await ask("record_consent", "POST", consents, decision)
    await ask("list_consents", "GET", consents)
    await ask("get_consent", "GET", f"{consents}/1")
    await ask("get_consent_receipt", "GET", f"{consents}/1/receipt")
    link = await ask(
        "create_preference_link", "POST", f"customers/{made['id']}/preference-links",
        {"contactId": "1"},
    )  # fmt: skip
    where = link["url"].partition("/api/")[2].removeprefix(BASE.removeprefix("/api/") + "/")
    await ask("get_preferences", "GET", where)
    chosen = [{"purpose": "Marketing", "decision": "OptedIn"}]
    await ask("put_preferences", "PUT", where, {"decisions": chosen})
    form = {"content_type": "application/x-www-form-urlencoded"}
    await ask("save_preferences", "POST", where, b"Marketing%2Femail=OptedIn", **form)
    one_click = where.replace("preferences?", "preferences/unsubscribe?")
    await ask("unsubscribe_contact_point", "POST", one_click)
    point = {"kind": "email", "value": f"QuintusFFF{number}@example.com"}
    found = await ask("look_up_contact_point", "POST", "contact-point-lookups", point)
    await ask("get_contact_point", "GET", f"contact-points/email/~{found['pointHash']}/consents")
    await _confirmations(ask, number)
    await ask("verify_consents", "GET", f"{consents}/verification")
    unknown = {"purpose": "Marketing", "contactPoints": [{"kind": "email", "value": "n@x.org"}]}
    await ask(None, "POST", "consent-checks", unknown)
    for count in (1, 10):
        points = [{"kind": "email", "value": f"{n}{number}@x.org"} for n in range(count)]
        check = {"purpose": "Marketing", "contactPoints": points}
        await ask(f"check_consents, {count} points", "POST", "consent-checks", check)


async def _confirmations(ask: Ask, number: int) -> None:
    """A purpose of its own, whose opt-ins have to be confirmed."""
    purpose = {
        "name": "News", "channels": {"email": ["email"], "phone": []}, "doubleOptIn": "always"
    }  # fmt: skip
    where = "settings/consent-purposes/News"
    how = {"if_match": "*"} if number > 1 else {}
    await ask(None, "PUT", where, purpose, bearer=ADMINISTRATOR, **how)
    made = await ask(None, "POST", "customers", person(number, "g"))
    consents = f"customers/{made['id']}/consents"
    decision = {"contactId": "1", "decision": "OptedIn", "purpose": "News"}
    await ask("record_consent, to be confirmed", "POST", consents, decision)
    tokens = f"{consents}/1/confirmation-tokens"
    token = (await ask("create_confirmation_token", "POST", tokens))["token"]
    await ask("confirm_consent", "POST", "consent-confirmations", {"token": token})
