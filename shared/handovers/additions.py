"""Adding many customers to a client book, in the background."""

from collections.abc import Sequence

from shared.context import Context
from shared.core.versioned import Versioned
from shared.handovers.bulk_moves import create_bulk_move, find_repeated, new_bulk_move
from shared.handovers.domain.bulk_moves import BulkMove, Move


async def start_addition(
    personnel_number: str, customer_ids: Sequence[str], *, context: Context
) -> Versioned[BulkMove]:
    """Have the customers added to the book by the feed; return how far that is."""
    if repeated := await find_repeated(personnel_number, context):
        return repeated
    ids = dict.fromkeys(customer_ids)
    moves = [Move(customer_id=customer_id, name="", to=personnel_number) for customer_id in ids]
    addition = new_bulk_move("Addition", personnel_number, moves, context)
    return await create_bulk_move(addition.executing(), moves, context=context)
