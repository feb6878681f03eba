"""Who issues the tokens that callers bring, and what is believed of them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from shared.core.values import CompanyCode, Key

Role = Literal["Administrator", "Application", "Employee", "Customer"]
Claim = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Part = Annotated[str, StringConstraints(pattern=r"^[^/\s]+$", max_length=200)]


class Tenant(BaseModel):
    """An issuer of tokens, their audience, and what this application adds to what they say.

    `role` and `legal_entities` are those of all who have its tokens; without them the roles that
    are assigned in the token say so. `customer` names the claim with the account number or the
    GUID of a customer. `clients` are the applications that may bring its tokens; empty for all.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    authority: Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]*[^\s?#/]$")]
    tenant: Part
    audience: Part
    role: Role | None = None
    legal_entities: tuple[CompanyCode, ...] = ()
    customer: Claim = "customerId"
    clients: tuple[Key, ...] = ()
    guests: bool = Field(False, description="Whether guests of the tenant are let in")

    @property
    def issuer(self) -> str:
        return f"{self.authority}/{self.tenant}/v2.0"

    @property
    def keys_url(self) -> str:
        return f"{self.authority}/{self.tenant}/discovery/v2.0/keys"

    @model_validator(mode="after")
    def _a_role_has_its_companies(self) -> "Tenant":
        if (self.role is None) != (not self.legal_entities):
            raise ValueError("role and legalEntities are given together, or neither of them.")
        if self.role == "Customer" and len(self.legal_entities) != 1:
            raise ValueError("A customer belongs to one legal entity.")
        return self
