"""The forms in which e-mails and phones are compared.

Points of consent are named by them for good, so they must not change.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from shared.core.errors import Flaw, Invalid

EXTENSION: Final = ";ext="  # as RFC 3966 writes it
MEXICO: Final = 52
# E-mails whose local part is right at a glance, and short: only the domain is left to validate.
PLAIN_EMAIL: Final = re.compile(
    r"(?=.{3,64}\Z)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9.-]+", re.ASCII | re.IGNORECASE
)
# What Mexico dialed before the number of a mobile phone until 2019, and old exports still write.
MEXICAN_MOBILE: Final = re.compile(r"(?:1|044|045)(\d{10})")


def normalize(kind: str, value: str, country: str | None, pointer: str) -> str | None:
    """Return the form in which contact points are compared, or raise Invalid at the pointer.

    None is a phone number that can be dialed within its area only, so that it is two phones in two
    of them. `country` tells how national numbers are read.
    """
    if kind == "email":
        return _checked_email(value, pointer)
    if kind == "phone":
        return _normal_phone(value, country, pointer)
    if not value.lower().startswith(("https://", "http://")) or any(c.isspace() for c in value):
        raise Invalid.at(pointer, "invalid-url", "A web address begins with http:// or https://.")
    return value


def normal_email(value: str) -> str:
    """Return lower case in NFC with the domain as punycode, or raise ValueError."""
    if PLAIN_EMAIL.fullmatch(value):
        local_part, _, domain = value.lower().partition("@")
        return f"{local_part}@{_domain_of(domain)}"
    return _validated(value)


@lru_cache(maxsize=4_096)
def _domain_of(domain: str) -> str:
    """Return the domain in normal form. Most e-mails have one of a few, and this takes long."""
    return _validated(f"a@{domain}").partition("@")[2]


def _validated(value: str) -> str:
    from email_validator import validate_email  # noqa: PLC0415  # heavy, and not always needed

    # Only the form is judged: whether the domain exists is not known to a till without a network.
    email = validate_email(value, check_deliverability=False, globally_deliverable=False)
    return f"{email.local_part.lower()}@{email.ascii_domain.lower()}"


def readable_email(normal: str) -> str:
    """Return the normal form with the domain as it is read, such as müller.example."""
    local_part, _, domain = normal.rpartition("@")
    if "xn--" not in domain:
        return normal
    with suppress(UnicodeError):
        import idna  # noqa: PLC0415  # as above

        domain = idna.decode(domain)
    return f"{local_part}@{domain}"


def check_email(value: str) -> str:
    """Return the e-mail as it was given, or raise ValueError."""
    normal_email(value)
    return value


def present_form(contact: Mapping[str, Any]) -> str | None:
    """Return the present normal form of a stored contact point, which has an older one."""
    value, older = str(contact["value"]), str(contact["normal"])
    with suppress(Invalid):
        if contact["kind"] == "phone":
            return _normal_phone(value, country_of_phone(older), "")
        return normalize(contact["kind"], value, None, "")
    return older


def country_of_phone(normal: str) -> str | None:
    """Return the country, or the first of those that share its calling code."""
    import phonenumbers as pn  # noqa: PLC0415  # heavy, and not always needed

    return pn.region_code_for_country_code(pn.parse(normal).country_code or 0)


def _checked_email(value: str, pointer: str) -> str:
    try:
        return normal_email(value)
    except ValueError as exc:
        raise Invalid([Flaw(pointer, "invalid-email", str(exc))]) from None


def _normal_phone(value: str, country: str | None, pointer: str) -> str | None:
    """Return E.164, and the extension where there is one."""
    import phonenumbers as pn  # noqa: PLC0415  # as above

    is_international = value.lstrip(" (").startswith(("+", "\uff0b"))
    try:
        number = _present_form(pn.parse(value, country))
    except pn.NumberParseException as exc:
        raise Invalid([Flaw(pointer, "invalid-phone", str(exc))]) from None
    possible = pn.is_possible_number_with_reason(number)
    if possible == pn.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return None
    if possible != pn.ValidationResult.IS_POSSIBLE:
        place = "" if is_international else f" in {country}"
        raise Invalid.at(pointer, "invalid-phone", f"{value!r} cannot be dialed{place}.")
    if not is_international and not pn.is_valid_number(number):
        return None  # without its area code, or of another country than was assumed
    normal = pn.format_number(number, pn.PhoneNumberFormat.E164)
    return f"{normal}{EXTENSION}{number.extension}" if number.extension else normal


def _present_form(number: Any) -> Any:
    """Return the parsed number without the prefix that mobile phones no longer have."""
    import phonenumbers as pn  # noqa: PLC0415  # as above

    if number.country_code != MEXICO:
        return number
    national = MEXICAN_MOBILE.fullmatch(pn.national_significant_number(number))
    if national is None:
        return number
    return pn.PhoneNumber(
        country_code=MEXICO, national_number=int(national[1]), extension=number.extension
    )
