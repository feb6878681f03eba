"""Follow-up rules as a collection of settings."""

from typing import Any

from shared.configuration.domain import collections as col
from shared.configuration.settings import all_settings
from shared.context import Context
from shared.core.errors import Flaw
from shared.follow_ups.domain.rules import FollowUpRule, check_date


def _names(rule: FollowUpRule) -> list[col.Naming]:
    return [
        *col.naming("/attribute", col.ATTRIBUTES.name, rule.attribute),
        *col.naming("/activityType", col.ACTIVITY_TYPES.name, rule.activity_type),
    ]


async def _check(rule: FollowUpRule, context: Context) -> list[Flaw]:
    """Return a flaw if the attribute of the rule is not a date."""
    attribute = rule.attribute and await context.configuration.find(
        context.legal_entity, col.ATTRIBUTES, rule.attribute
    )
    attribute_type = attribute and await context.configuration.find(
        context.legal_entity, col.ATTRIBUTE_TYPES, attribute.attribute_type
    )
    return check_date(attribute_type or None)


FOLLOW_UP_RULES: col.Collection[Any] = col.Collection(
    "follow-up-rules",
    FollowUpRule,
    "name",
    _names,
    (col.ATTRIBUTES.name, col.ACTIVITY_TYPES.name),
    _check,
    for_tills=False,
)


async def active_rules(context: Context) -> list[FollowUpRule]:
    """Return the rules of the company that are active. One query for each 500 rules."""
    rules = await all_settings(FOLLOW_UP_RULES, context=context)
    return [rule for rule in rules if rule.active]
