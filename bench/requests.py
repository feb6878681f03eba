"""The requests of the benchmarks: customers like those of a shop, searches like those of a POS."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from urllib.parse import quote
from uuid import UUID

from faker import Faker

from bench.load import Request
from bench.target import Target

COMPANY = "/api/v1/USRT"
NOTHING = Request("GET", "/api/health/live")
LIST = Request("GET", f"{COMPANY}/customers")
ANY_VERSION = (("If-Match", "*"),)
NDJSON = (("Content-Type", "application/x-ndjson"),)
LINES_PER_IMPORT = 2_000
POLL_SECONDS = 0.2

ATTRIBUTES = {"attributes": {"interests": ["Shoes"], "birthday": "1990-04-12", "orders": 3}}
Person = tuple[str, str, str, str]  # GUID, account number, name, e-mail


class People:
    def __init__(self, chance: random.Random, *, book: str | None = None) -> None:
        self._random, self._book = chance, book
        self._faker = Faker("en_US")
        self._faker.seed_instance(4021)
        self._count = itertools.count()
        self._firsts = [self._faker.first_name() for _ in range(2_000)]
        self._lasts = [self._faker.last_name() for _ in range(2_000)]
        self._cities = [self._faker.city() for _ in range(500)]
        self._sample: list[Person] = []
        self._imported = 0

    def body(self) -> dict[str, object]:
        first, last = self._random.choice(self._firsts), self._random.choice(self._lasts)
        return {
            "storeNumber": "HOUSTON",
            "firstName": first,
            "lastName": last,
            "contacts": [
                {
                    "kind": "email",
                    "value": f"{first}.{last}{next(self._count)}@example.com".lower(),
                }
            ],
            "addresses": [{"city": self._random.choice(self._cities)}],
            **({"addressBooks": [self._book]} if self._book else {}),
        }

    def create(self) -> Request:
        return Request("POST", f"{COMPANY}/customers", self.body())

    def creates(self) -> Iterator[Request]:
        while True:
            yield self.create()

    def reads_by_id(self) -> Iterator[Request]:
        while True:
            yield Request("GET", f"{COMPANY}/customers/{self._random_person()[0]}")

    def reads_by_account(self) -> Iterator[Request]:
        while True:
            yield Request("GET", f"{COMPANY}/customers/{self._random_person()[1]}")

    def patches(self) -> Iterator[Request]:
        for number in itertools.count():
            body = {"receiptEmail": f"receipt{number}@example.com"}
            yield Request(
                "PATCH", f"{COMPANY}/customers/{self._random_person()[0]}", body, ANY_VERSION
            )

    def decisions(self) -> Iterator[Request]:
        while True:
            yield withdrawal_of(self._random_person()[0])

    def ledgers(self) -> Iterator[Request]:
        while True:
            yield Request("GET", f"{COMPANY}/customers/{self._random_person()[0]}/consents")

    def searches(self) -> Iterator[Request]:
        """Yield the searches typed at a POS: beginnings of names, both names, e-mails."""
        while True:
            _, _, name, email = self._random_person()
            first, _, last = name.partition(" ")
            queries = (last[:4], f"{last} {first[:3]}", f"{first} {last}", email[:12])
            yield Request("GET", f"{COMPANY}/customers?q={quote(self._random.choice(queries))}")

    async def grow(self, target: Target, size: int) -> None:
        """Import until the company has that many customers, then read a sample of them."""
        while self._imported < size:
            count = min(LINES_PER_IMPORT, size - self._imported)
            started = await target.send(self._import(count))
            while (await target.send(_progress(started["id"])))["status"] != "Completed":
                await asyncio.sleep(POLL_SECONDS)
            self._imported += count
        await self._read_sample(target)

    async def fresh(self, target: Target, count: int) -> list[str]:
        """Import so many new customers, and return their GUIDs."""
        keys = [str(UUID(int=self._random.getrandbits(128))) for _ in range(count)]
        for start in range(0, count, LINES_PER_IMPORT):
            lines = [
                self.body() | {"id": key, **ATTRIBUTES}
                for key in keys[start : start + LINES_PER_IMPORT]
            ]
            started = await target.send(Request("POST", f"{COMPANY}/imports", lines, NDJSON))
            while (await target.send(_progress(started["id"])))["status"] != "Completed":
                await asyncio.sleep(POLL_SECONDS)
        self._imported += count
        return keys

    def _import(self, count: int) -> Request:
        lines = [self.body() for _ in range(count)]
        return Request("POST", f"{COMPANY}/imports", lines, NDJSON)

    async def _read_sample(self, target: Target) -> None:
        self._sample = []
        cursor = ""
        for _ in range(20):
            page = await target.send(Request("GET", f"{LIST.path}?limit=100{cursor}"))
            self._sample += [
                (
                    customer["id"],
                    customer["accountNumber"],
                    customer["name"],
                    customer["primaryEmail"],
                )
                for customer in page["items"]
                if customer["primaryEmail"]
            ]
            if page["nextCursor"] is None:
                break
            cursor = f"&cursor={page['nextCursor']}"

    def _random_person(self) -> Person:
        return self._random.choice(self._sample)


def withdrawal_of(customer_id: str) -> Request:
    body = {"contactId": "1", "decision": "OptedOut"}
    return Request("POST", f"{COMPANY}/customers/{customer_id}/consents", body)


def check_of(values: list[str], headers: tuple[tuple[str, str], ...]) -> Request:
    points = [{"kind": "email", "value": value} for value in values]
    body = {"purpose": "Marketing", "contactPoints": points}
    return Request("POST", f"{COMPANY}/consent-checks", body, headers)


def addresses_of(customer_id: str) -> Iterator[Request]:
    for number in itertools.count():
        body = {"street": f"{number} Main St", "city": "Houston", "postalCode": "77002"}
        yield Request("POST", f"{COMPANY}/customers/{customer_id}/addresses", body)


def address_page(customer_id: str) -> Request:
    return Request("GET", f"{COMPANY}/customers/{customer_id}/addresses")


def _progress(import_id: str) -> Request:
    return Request("GET", f"{COMPANY}/imports/{import_id}?limit=1")
