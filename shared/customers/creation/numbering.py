"""Which number sequence gives a customer their account number."""

from shared.configuration.domain.collections import CUSTOMER_GROUPS
from shared.context import Context
from shared.core.errors import Invalid
from shared.customers.domain.customers import Customer


async def take_account_number(customer: Customer, context: Context) -> str:
    """Take an account number from the customer group's own sequence, or from the company's.

    Raises Unavailable, Invalid, NumberSequenceNotFound, NumberSequenceExhausted.
    """
    company = context.legal_entity
    group = customer.customer_group and await context.configuration.find(
        company, CUSTOMER_GROUPS, customer.customer_group
    )
    code = group.account_number_sequence if group else None
    if code is None:
        code = (await context.configuration.parameters(company)).customer_number_sequence
    if code is None:
        raise Invalid.at("", "no-number-sequence", "The company has no customer number sequence.")
    return await context.numbers.take(company, code)
