"""The certificate of an erasure: what was done, what stays and why, and what goes by itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from shared.core.canonical import canonical
from shared.core.evolve import evolve
from shared.privacy.domain.erasures import Certificate, ChannelErasure, Erasure, Expires, Kept

KEPT: Final = (
    ("stub", "The number is never given again.", "17(3)(b)"),
    ("ledger", "It proves what was decided, without the person.", "17(3)(e)"),
    ("suppressions", "Nothing is sent to who objected.", "21(3)"),
    ("certificate", "It proves the erasure.", "5(2)"),
)
EXPIRING: Final = (
    ("answers to repeated requests", timedelta(days=1)),
    ("lines of imports", timedelta(days=7)),
    ("marks of relayed events", timedelta(days=7)),
    ("messages that wait on the bus", timedelta(days=14)),
    ("backups of the store", timedelta(days=30)),
)


def certificate_of(
    erasure: Erasure, ledger_head: str, leaving: Mapping[str, timedelta], now: datetime
) -> Certificate:
    """Return the certificate of an erasure whose steps are all done.

    What is `leaving` is gone by itself within a time, as what every erasure leaves to expire.
    """
    channels = erasure.tombstone.channels if erasure.tombstone else ()
    expiring = (*EXPIRING, *leaving.items())
    return _sealed(
        Certificate(
            certificate_id=f"{erasure.customer_id}:erasure",
            customer_id=erasure.customer_id,
            requested_at=erasure.requested_at,
            completed_at=now,
            steps=erasure.steps,
            found=0,
            kept=tuple(Kept(what=what, why=why, basis=basis) for what, why, basis in KEPT),
            expires=tuple(Expires(what=what, at=now + after) for what, after in expiring),
            ledger_head=ledger_head,
            channels=tuple(ChannelErasure(channel=channel) for channel in channels),
            hash="",
        )
    )


def with_removed_later(certificate: Certificate, count: int) -> Certificate:
    """Return it with what late writers had left, and was removed."""
    return _sealed(evolve(certificate, removed_later=certificate.removed_later + count))


def with_applied(certificate: Certificate, applied: Mapping[str, datetime]) -> Certificate:
    """Return it with when these channels had applied it; what is known stays."""
    channels = tuple(
        evolve(one, applied_at=one.applied_at or applied.get(one.channel))
        for one in certificate.channels
    )
    return _sealed(evolve(certificate, channels=channels))


def _sealed(certificate: Certificate) -> Certificate:
    members = certificate.model_dump(mode="json", by_alias=True, exclude={"hash"})
    return evolve(certificate, hash=sha256(canonical(members)).hexdigest())
