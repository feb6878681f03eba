"""Consent takes part in each commit of a customer: the ledger is written with what it changes."""

from typing import Final

from shared.consent.points import point_of, settle_all
from shared.consent.purposes import note_used
from shared.consent.recording.amending import amended, concerned
from shared.consent.recording.gathering import gather, targets_of
from shared.consent.recording.ledger_writes import take_over, write_entries
from shared.consent.recording.recording import Recording, Target
from shared.consent.spreading.followed import facts_of, notes_of
from shared.context import Context
from shared.core.versioned import Versioned
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import CONSENT, Statement
from shared.customers.participants import Change, Joined

NO_STATEMENT: Final = Statement()


class ConsentDecisions:
    """Records what is said, and lets contact points show what is in force.

    `details["consent"]` is a Statement. A contact point that comes or gets another value shows
    what is in force at its new point.
    """

    name = CONSENT

    async def join(self, change: Change, context: Context) -> Joined:
        """Return the entries, and the customer with what is in force.

        Raises Invalid, ConsentWithdrawn, ContactNotVerified, LedgerFull.
        """
        statement: Statement = change.details.get(self.name) or NO_STATEMENT
        before, after = change.before.value if change.before else None, change.after
        contacts = concerned(before, after, statement)
        if before is not None and before.ledger and not contacts and not statement.said:
            return Joined(
                after, facts=facts_of(after, ()), notes=notes_of(before, after, (), context)
            )
        recording = Recording(after, statement, context)
        targets = targets_of(after, statement)
        arrived = [Target(key, one) for one in contacts if (key := point_of(one))]
        await gather(recording, [*arrived, *targets.values()], before)
        operations = await take_over(recording, before)
        for target in arrived:
            recording.inherit(target)
        for said, target in targets.items():
            recording.record(said, target)
        if statement is not NO_STATEMENT:
            statement.result = recording
        customer = amended(recording, contacts)
        return Joined(
            customer,
            [*operations, *write_entries(recording)],
            facts_of(customer, recording.entries),
            notes_of(before, customer, recording.settlings, context),
        )

    async def after(self, _: Versioned[Customer], change: Change, context: Context) -> None:
        """Settle the points, so that every reader sees the decision from now on.

        Raises Unavailable: what follows the event of this version does it then.
        """
        statement: Statement | None = change.details.get(self.name)
        if statement and statement.result:
            recording: Recording = statement.result
            await settle_all(recording.settlings, recording.read, context)
            recording.is_settled = True
            await note_used({one.purpose for one in recording.settlings}, context)
