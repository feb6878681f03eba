"""The collections of settings that other capabilities register, and who names settings of ours."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

from shared.configuration.domain import collections as col
from shared.configuration.domain.collections import Collection, register
from shared.consent.purposes import CONSENT_PURPOSES
from shared.customers.settings_used.names import address_names, is_default_purpose, record_names
from shared.follow_ups.rule_settings import FOLLOW_UP_RULES
from shared.privacy.retention.policies import RETENTION_POLICIES
from shared.timeline.activities import activity_names

OF_RECORDS: Final[tuple[Collection[Any], ...]] = (
    col.STORES,
    col.CUSTOMER_GROUPS,
    col.AFFILIATIONS,
    col.ADDRESS_BOOKS,
    col.TITLES,
)

register(CONSENT_PURPOSES, FOLLOW_UP_RULES, RETENTION_POLICIES)
register(*(replace(one, still_names=partial(record_names, one.name)) for one in OF_RECORDS))
register(
    replace(col.ADDRESS_PURPOSES, is_used=is_default_purpose, still_names=address_names),
    replace(col.ACTIVITY_TYPES, still_names=activity_names),
)
