"""Who may set which fields of a customer: what decides about prices is not for every associate."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic.alias_generators import to_camel

from shared.configuration.domain.attributes import Definitions
from shared.context import Context
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import STAFF_ONLY, CustomerFields, FieldNotAllowed
from shared.customers.named_settings import definitions

CUSTOMER: Final = "Customer"
EMPLOYEE: Final = "Employee"
ATTRIBUTES: Final = "attributes"


async def check_may_set(role: str, fields: CustomerFields, context: Context) -> None:
    """Refuse what the role may not set, in a merge patch or for a new customer.

    A Customer sets only attributes of `selfService: write`, and none of the fields that the company
    decides. An Employee sets none of those in a patch, and nowhere an attribute of
    `setBy: headOffice`, unless the parameter `employeeFields` lists it. Raises FieldNotAllowed.
    """
    if role not in {CUSTOMER, EMPLOYEE}:
        return
    defined = await definitions(context)
    creates = isinstance(fields, NewCustomer)
    refused = [] if creates else [to_camel(name) for name in STAFF_ONLY & fields.model_fields_set]
    if ATTRIBUTES in fields.model_fields_set:
        brought = (fields.attributes or {}).items()
        given = {name: value for name, value in brought if value is not None}
        patch = given if creates else fields.attributes
        refused += _paths(refused_attributes(role, patch, defined))
    await _check(role, refused, context)


async def check_client_attributes(
    role: str, patch: Mapping[str, Any], defined: Definitions, context: Context
) -> None:
    """Refuse what the role may not set of a client in a book. Raises FieldNotAllowed."""
    if role == EMPLOYEE:
        await _check(role, _paths(refused_attributes(role, patch, defined)), context)


def refused_attributes(
    role: str, patch: Mapping[str, Any] | None, defined: Definitions
) -> Iterator[str]:
    """Yield the attributes of the patch that are not for the role; None takes all of them away."""
    changed = dict.fromkeys(defined) if patch is None else patch
    for name, value in changed.items():
        if name not in defined:
            if role == CUSTOMER and value is None:
                yield name  # what is no longer defined may have been for head office
            continue
        attribute = defined[name].attribute
        if role == CUSTOMER and attribute.self_service != "write":
            yield name
        if role == EMPLOYEE and attribute.set_by == "headOffice":
            yield name


def _paths(attributes: Iterable[str]) -> list[str]:
    return [f"{ATTRIBUTES}/{name}" for name in attributes]


async def _check(role: str, refused: Iterable[str], context: Context) -> None:
    parameters = await context.configuration.parameters(context.legal_entity)
    allowed = parameters.employee_fields if role == EMPLOYEE else []
    fields = sorted(set(refused).difference(allowed))
    if fields:
        raise FieldNotAllowed(f"The role {role} may not set {', '.join(fields)}.", fields=fields)
