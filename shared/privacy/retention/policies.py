"""Retention policies as a collection of settings."""

from typing import Any, Final

from shared.configuration.domain import collections as col
from shared.configuration.settings import all_settings, read_setting
from shared.context import Context
from shared.privacy.domain.retention import RetentionPolicy, first_policies

RETENTION_POLICIES: Final[col.Collection[Any]] = col.Collection(
    "retention-policies", RetentionPolicy, "data_class", first=first_policies, for_tills=False
)


async def active_policies(context: Context) -> list[RetentionPolicy]:
    """Return the policies that are applied. One query."""
    policies = await all_settings(RETENTION_POLICIES, context=context)
    return [policy for policy in policies if policy.active]


async def read_policy(data_class: str, context: Context) -> RetentionPolicy:
    """Return the policy. Raises SettingNotFound."""
    policy: RetentionPolicy = (
        await read_setting(RETENTION_POLICIES, data_class, context=context)
    ).value
    return policy
