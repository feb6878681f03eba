"""What other customers and the bounds have to say of a new customer, before a number is taken."""

from shared.context import Context
from shared.customers.addresses import check_count
from shared.customers.creation.draft import Draft
from shared.customers.directory.duplicates import check_duplicates
from shared.customers.domain.creation import Candidate
from shared.customers.external_ids.claiming import check_free


async def check_draft(
    draft: Draft, *, allow_duplicate: bool, context: Context
) -> tuple[Candidate, ...]:
    """Return the possible duplicates that are allowed.

    Raises TooManyAddresses, ExternalIdTaken, PossibleDuplicate.
    """
    await check_count(len(draft.addresses), context)
    await check_free(draft.customer, context)
    return await check_duplicates(draft.customer, allow=allow_duplicate, context=context)
