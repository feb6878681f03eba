"""The collections of settings that other capabilities register."""

from shared.configuration.domain.collections import register
from shared.follow_ups.rule_settings import FOLLOW_UP_RULES

register(FOLLOW_UP_RULES)
