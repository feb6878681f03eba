"""What a recording needs to know: the points that are spoken of, and the purposes."""

from collections.abc import Iterable, Sequence

from shared.consent.domain.points import Point, purpose_and_channel
from shared.consent.domain.purposes import CUSTOMER, ConsentPurpose
from shared.consent.points import PointKey, point_of, read_points
from shared.consent.purposes import find_purpose, require_purpose
from shared.consent.recording.older import shown_before
from shared.consent.recording.recording import Recording, Target
from shared.context import Context
from shared.core.errors import Invalid
from shared.customers.domain.contacts import find
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import Said, ShownConsent, Statement


def targets_of(customer: Customer, statement: Statement) -> dict[Said, Target]:
    """Return what each decision is about. Raises Invalid, ContactNotFound.

    What a body says of a phone without its area code is passed over: nobody could be asked by it.
    """
    said = [one for one in statement.said if not _is_of_nobody(customer, one, statement)]
    return {one: target_of(customer, one) for one in said}


def _is_of_nobody(customer: Customer, said: Said, statement: Statement) -> bool:
    if statement.is_decision or not said.contact_id:
        return False
    contact = find(customer.contacts, said.contact_id)
    return contact.kind == "phone" and contact.normal is None


def target_of(customer: Customer, said: Said) -> Target:
    """Return what the decision is about. Raises Invalid, ContactNotFound."""
    if said.point:
        point = said.point
        return Target(PointKey(point.kind, point.normal, "" if point.normal else point.hash))
    if not said.contact_id:
        return Target(PointKey(CUSTOMER, customer.id))
    contact = find(customer.contacts, said.contact_id)
    key = point_of(contact)
    if key is None:
        detail = f"{contact.value} is no address that others could have too."
        raise Invalid.at(said.pointer, "no-consent-for-kind", detail)
    return Target(key, contact)


async def gather(recording: Recording, targets: Sequence[Target], before: Customer | None) -> None:
    """Read the points, and the purposes that they and what is said name. Raises Invalid.

    What a customer showed before there were ledgers is joined to the points.
    """
    context = recording.context
    older = shown_before(before) if before is not None and before.ledger is None else []
    named = [*(target.key for target in targets), *(one.point for one in older)]
    keys = list(dict.fromkeys(named))
    points = await read_points(keys, context)
    recording.read = dict(zip(keys, points, strict=True))
    recording.points = {key: point.value for key, point in recording.read.items()}
    recording.take_over(older)
    found = await purposes_of(recording.points.values(), context)
    for said in recording.statement.said:
        pointer = f"{said.pointer}/purpose"
        found[said.purpose] = await require_purpose(said.purpose, pointer, context)
    recording.purposes = found


async def purposes_of(points: Iterable[Point], context: Context) -> dict[str, ConsentPurpose]:
    """Return the purposes that something was decided for at these points, by name."""
    registers = (name for point in points for name in point.registers)
    named = {purpose_and_channel(name)[0] for name in registers}
    found = {name: await find_purpose(name, context) for name in sorted(named)}
    return {name: purpose for name, purpose in found.items() if purpose}


async def shown_at(customer: Customer, point: Point, context: Context) -> tuple[ShownConsent, ...]:
    """Return what is in force at the point for this customer, by purpose and channel."""
    key = PointKey(point.kind, point.value or "")
    recording = Recording(customer, Statement(), context, points={key: point})
    recording.purposes = await purposes_of([point], context)
    return recording.shown(key)


async def unlike(
    customer: Customer, key: PointKey, point: Point, context: Context
) -> frozenset[str]:
    """Return the contacts at this point that show something else than what is in force there."""
    shown = await shown_at(customer, point, context)
    return frozenset(
        contact.id
        for contact in customer.contacts
        if point_of(contact) == key and contact.consents != shown
    )
