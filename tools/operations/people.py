"""The customers that operations are asked about, and how they are asked."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.api import a_customer, a_phone, an_address, an_email

Ask = Callable[..., Awaitable[Any]]


def person(number: int, letter: str) -> dict[str, Any]:
    name, phone = f"Quintus{letter * 3}{number}", f"(206) 555-01{number}{ord(letter) % 10}"
    return a_customer(
        firstName=name,
        lastName="Berg",
        contacts=[
            an_email(f"{name}@example.com"),
            a_phone(phone),
        ],
        addresses=[an_address()],
    )
