"""What a token of Entra ID says, by the names of this application.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference. Roles are those
that are assigned to the bearer: one or more of ROLES say what the bearer is, and `LegalEntity.CODE`
in which companies (`LegalEntity.*`: in all). Personnel number, store and customer are optional
claims, which a directory extension names `extn.` and its name.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from shared.core.errors import Unauthenticated
from shared.core.values import Line, LongLine
from shared.platform.tenants import Tenant
from shared.ports import claims
from shared.ports.tokens import Claims

COMPANY_ROLE: Final = "LegalEntity."
OWN: Final = ("sub", "oid", "idtyp", "scp", "acct", "idp")
# Nobody is an associate or a customer who is no person, and no person is another system.
ROLES_OF: Final = {
    "app": ("Administrator", "Application"),
    "user": ("Administrator", "Employee", "Customer"),
}


class EntraStatement(claims.Statement):
    """`idtyp` says whether the bearer is an application; `acct` is 1 for guests."""

    sub: Line
    oid: Line | None = None
    idtyp: Literal["app", "user"] | None = None
    scp: str | None = None
    acct: Literal[0, 1] | None = None
    idp: LongLine | None = None


def claims_of(said: Mapping[str, Any], tenant: Tenant, now: float) -> Claims:
    """Return who has the verified token. Raises Unauthenticated."""
    statement = claims.read(EntraStatement, _named(said, tenant))
    claims.check(statement, issuer=tenant.issuer, audience=tenant.audience, now=now)
    if tenant.clients and statement.client not in tenant.clients:
        raise Unauthenticated("The application that brings the token is not allowed to.")
    # Whoever signs in to buy is vouched for by somebody else as a rule, and is no guest.
    if tenant.role != "Customer" and not tenant.guests and _is_guest(statement, tenant):
        raise Unauthenticated("Guests of the tenant are not let in.")
    return claims.claims_of(statement, _roles(statement))


def _named(said: Mapping[str, Any], tenant: Tenant) -> dict[str, Any]:
    own = {name: said[name] for name in OWN if name in said}
    assigned = said.get("roles")
    companies = assigned
    if isinstance(assigned, list):
        names = [role for role in assigned if isinstance(role, str)]
        companies = [
            role.removeprefix(COMPANY_ROLE) for role in names if role.startswith(COMPANY_ROLE)
        ]
    if tenant.role:
        # What such an issuer assigns is not ours to believe: consumers administer nothing.
        assigned, companies = [tenant.role], list(tenant.legal_entities)
    return own | {
        "issuer": said.get("iss"),
        "audience": said.get("aud"),
        "subject": said.get("oid") or said.get("sub"),
        "expires_at": said.get("exp"),
        "not_before": said.get("nbf"),
        "roles": assigned,
        "legal_entities": companies,
        "personnel_number": _optional(said, "personnelNumber"),
        "store_number": _optional(said, "storeNumber"),
        "customer_id": _optional(said, tenant.customer),
        "client": said.get("azp"),
    }


def _optional(said: Mapping[str, Any], name: str) -> Any:
    """Return an optional claim; a directory extension can come as a list of one."""
    value = said.get(name, said.get(f"extn.{name}"))
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _roles(statement: EntraStatement) -> tuple[str, ...]:
    """Return the roles that the bearer may have. Where nothing tells what it is, all of them.

    `idtyp` is an optional claim. Without it, a person's token has scopes, and an application is
    its own subject.
    """
    if statement.idtyp:
        return ROLES_OF[statement.idtyp]
    if statement.scp is not None:
        return ROLES_OF["user"]
    return ROLES_OF["app"] if statement.oid == statement.sub else claims.ROLES


def _is_guest(statement: EntraStatement, tenant: Tenant) -> bool:
    """Return whether somebody else vouches for the person."""
    homes = (None, tenant.issuer, f"https://sts.windows.net/{tenant.tenant}/")
    return statement.acct == 1 or statement.idp not in homes
