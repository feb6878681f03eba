"""The collections of settings that other capabilities register."""

from shared.configuration.domain.collections import register
from shared.consent.purposes import CONSENT_PURPOSES
from shared.follow_ups.rule_settings import FOLLOW_UP_RULES
from shared.privacy.retention.policies import RETENTION_POLICIES

register(CONSENT_PURPOSES, FOLLOW_UP_RULES, RETENTION_POLICIES)
