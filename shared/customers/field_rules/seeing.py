"""What a caller is shown of a customer: customers see less of their own record than the company."""

from collections.abc import Mapping
from typing import Any

from shared.context import Context
from shared.customers.field_rules.setting import CUSTOMER
from shared.customers.named_settings import definitions
from shared.customers.views import self_view, stored_customer_view


async def shown_to(role: str, body: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return what is answered of a stored customer to a caller of the role, as JSON."""
    if role != CUSTOMER:
        return stored_customer_view(body, context.now)
    visible = {
        name
        for name, definition in (await definitions(context)).items()
        if definition.attribute.self_service != "none"
    }
    return self_view(body, visible, context.now)
