"""The collections of settings that other capabilities register."""

from shared.configuration.domain.collections import register
from shared.consent.purposes import CONSENT_PURPOSES
from shared.follow_ups.rule_settings import FOLLOW_UP_RULES

register(CONSENT_PURPOSES, FOLLOW_UP_RULES)
