"""Authentication and authorization: bearer tokens, roles, legal entities."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from shared.configuration.domain.stores import personnel_number_of
from shared.core.errors import Forbidden, Unauthenticated
from shared.ports.tokens import Claims, Tokens

EVERY_COMPANY = "*"


class RoleNotAllowed(Forbidden):
    """The role of the caller may not do this; `requiredRoles` lists those that may."""

    code = "role-not-allowed"


class LegalEntityNotAllowed(Forbidden):
    """The token does not name this legal entity."""

    code = "legal-entity-not-allowed"


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a verified token; an anonymous caller has no claims."""

    claims: Claims | None = None

    @property
    def verified(self) -> Claims:
        """Return the claims. Raises Unauthenticated where nobody has signed in."""
        if self.claims is None:
            raise Unauthenticated("Send Authorization: Bearer <token>.")
        return self.claims

    @property
    def role(self) -> str:
        return self.claims.role if self.claims else ""

    @property
    def personnel_number(self) -> str | None:
        return self.claims.personnel_number if self.claims else None

    @property
    def store_number(self) -> str | None:
        return self.claims.store_number if self.claims else None

    @property
    def customer_id(self) -> str | None:
        return self.claims.customer_id if self.claims else None

    @property
    def actor(self) -> str:
        """Return how the caller is named in records, such as `employee:000160`."""
        if self.claims is None:
            return "anonymous"
        name = self.claims.personnel_number or self.claims.customer_id or self.claims.subject
        return f"{self.claims.role.lower()}:{name}"

    @property
    def till(self) -> str | None:
        """Return the application through which an employee acts, if the token names one."""
        return self.claims.till if self.claims else None


ANONYMOUS = Caller()


async def authenticate(authorization: str | None, tokens: Tokens) -> Caller:
    """Return the caller named by the header. Raises Unauthenticated."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send Authorization: Bearer <token>.")
    claims = await tokens.verify(token.strip())
    number = personnel_number_of(claims.personnel_number or "")
    return Caller(replace(claims, personnel_number=number or None))


def authorize(caller: Caller, roles: Collection[str], legal_entity: str | None) -> None:
    """Raise Forbidden unless the caller has one of the roles, and access to the company."""
    if caller.claims is None or caller.role not in roles:
        raise RoleNotAllowed(
            f"This operation requires one of the roles {', '.join(roles)}.",
            requiredRoles=list(roles),
        )
    allowed = caller.claims.legal_entities
    if legal_entity and legal_entity not in allowed and EVERY_COMPANY not in allowed:
        raise LegalEntityNotAllowed(f"The token does not name the legal entity {legal_entity}.")
