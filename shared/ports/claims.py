"""The claims of a token, held to one strict model: whatever is odd is a 401, and never a failure.

Each issuer has its own names for claims; from there on all tokens are read alike.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.core.errors import Unauthenticated
from shared.core.values import Key, Line, LongLine
from shared.ports.tokens import Claims

ROLES: Final = ("Administrator", "Application", "Employee", "Customer")  # the most able first
EVERY_COMPANY: Final = "*"
LEEWAY_SECONDS: Final = 60.0  # by which clocks may differ

Moment = Annotated[float, Field(allow_inf_nan=False)]


class Statement(BaseModel):
    """What a token says, by the names of this application. Times are in seconds since 1970."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str
    audience: str | list[str]
    subject: Line
    expires_at: Moment
    not_before: Moment | None = None
    roles: list[LongLine]
    legal_entities: list[Key]
    personnel_number: Key | None = None
    store_number: Key | None = None
    customer_id: Key | None = None
    client: Key | None = None


S = TypeVar("S", bound=Statement)


def read(model: type[S], said: Mapping[str, Any]) -> S:
    """Return what the token says. Raises Unauthenticated, which names the claim, not its value."""
    try:
        return model.model_validate(said)
    except ValidationError as exc:
        odd = sorted({str(error["loc"][0]) for error in exc.errors(include_input=False)})
        raise Unauthenticated(f"The token is not valid: see {', '.join(odd)}.") from None


def check(statement: Statement, *, issuer: str, audience: str, now: float) -> None:
    """Raise Unauthenticated unless the token is of this issuer, for this audience, and for now."""
    audiences = [statement.audience] if isinstance(statement.audience, str) else statement.audience
    if statement.issuer != issuer or audience not in audiences:
        raise Unauthenticated("The token is of another issuer, or for another application.")
    if statement.not_before is not None and statement.not_before > now + LEEWAY_SECONDS:
        raise Unauthenticated("The token is not valid yet.")
    check_expiry(statement.expires_at, now)


def check_expiry(expires_at: float, now: float) -> None:
    """Raise Unauthenticated if it was over at a time that all clocks agree on."""
    if expires_at <= now - LEEWAY_SECONDS:
        raise Unauthenticated("The token has expired.")


def claims_of(statement: Statement, roles: tuple[str, ...] = ROLES) -> Claims:
    """Return who the bearer is: of several roles the most able one. `roles` are those that count.

    Raises Unauthenticated if none does, or a customer is not of one company.
    """
    role = next((one for one in roles if one in statement.roles), None)
    if role is None:
        raise Unauthenticated("The token has no role of this application that its bearer may have.")
    companies = tuple(statement.legal_entities)
    if role == "Customer" and (len(companies) != 1 or EVERY_COMPANY in companies):
        raise Unauthenticated("A customer belongs to one legal entity.")
    is_customer = role == "Customer"
    return Claims(
        subject=statement.subject,
        role=role,
        legal_entities=companies,
        personnel_number=None if is_customer else statement.personnel_number,
        store_number=None if is_customer else statement.store_number,
        customer_id=statement.customer_id if is_customer else None,
        till=statement.client if role == "Employee" else None,
        expires_at=statement.expires_at,
    )
