"""Keys of a tenant: known ones are never waited for, and an outage is not made worse."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from shared.adapters.entra.keys import (
    KEYS_TTL_SECONDS,
    LONGEST_REST_SECONDS,
    UNKNOWN_REST_SECONDS,
    KeysUnavailable,
    SigningKeys,
)
from shared.adapters.entra.tokens import EntraTokens
from shared.core.errors import Unauthenticated
from tests.doubles.entra import Issuer, a_key, published, publishing


class Clock:
    """Seconds that pass only when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with publishing() as issuer:
        yield issuer


@pytest.fixture
def keys(issuer: Issuer, clock: Clock) -> SigningKeys:
    return SigningKeys(issuer.tenant.keys_url, clock=clock, timeout=0.3)


async def settled(keys: SigningKeys) -> None:
    """Wait for a request that is under way behind those who ask."""
    if keys._fetch:
        await keys._fetch


async def state(finding: Awaitable[Any]) -> str:
    try:
        return "known" if await finding else "unknown"
    except KeysUnavailable:
        return "unavailable"


async def test_keys_are_read_once_for_many(issuer: Issuer, keys: SigningKeys) -> None:
    found = await asyncio.gather(*(state(keys.find("first")) for _ in range(20)))

    assert set(found) == {"known"}
    assert issuer.asked == 1


async def test_old_keys_are_used_at_once_and_read_again_behind(
    issuer: Issuer, keys: SigningKeys, clock: Clock
) -> None:
    await keys.find("first")
    clock.now += KEYS_TTL_SECONDS
    issuer.keys = {"second": a_key()}
    issuer.hangs = True
    assert await state(keys.find("first")) == "known"
    assert keys._fetch is not None
    await settled(keys)
    issuer.hangs = False
    clock.now += LONGEST_REST_SECONDS
    assert await state(keys.find("first")) == "known"
    await settled(keys)

    assert await state(keys.find("first")) == "unknown", "the tenant has withdrawn it"
    assert await state(keys.find("second")) == "known"


async def test_a_new_key_is_found_after_a_rest(
    issuer: Issuer, keys: SigningKeys, clock: Clock
) -> None:
    await keys.find("first")
    issuer.keys["second"] = a_key()
    assert await state(keys.find("second")) == "unknown"
    clock.now += UNKNOWN_REST_SECONDS - 1
    assert await state(keys.find("second")) == "unknown"
    assert issuer.asked == 1
    clock.now += 1

    assert await state(keys.find("second")) == "known"
    assert issuer.asked == 2


@pytest.mark.parametrize(
    ("rate", "age"),
    [(1, 0.0), (1, 2 * KEYS_TTL_SECONDS), (10, 0.0), (1000, 2 * KEYS_TTL_SECONDS)],
)
async def test_ten_minutes_without_the_issuer(
    issuer: Issuer, keys: SigningKeys, clock: Clock, rate: int, age: float
) -> None:
    await keys.find("first")
    clock.now += age
    issuer.down, issuer.asked = True, 0
    answers: list[str] = []
    for _ in range(600):
        clock.now += 1
        asked = ["first" if one % 2 else f"junk-{one}" for one in range(rate + 1)]
        answers += await asyncio.gather(*(state(keys.find(name)) for name in asked))
        await settled(keys)
    issuer.down = False
    during = issuer.asked
    clock.now += LONGEST_REST_SECONDS
    await state(keys.find("new"))

    known, unknown = answers.count("known"), answers.count("unknown")
    assert known + unknown == len(answers) == 600 * (rate + 1)
    assert known == 600 * ((rate + 1) // 2)
    assert during == 15, "after 1, 2, 4, ... 60 seconds"
    assert issuer.most_at_once == 1
    assert issuer.asked == during + 1, "it is found again"


@pytest.mark.parametrize("rate", [1, 10, 100])
async def test_ten_minutes_of_a_cold_start_without_the_issuer(
    issuer: Issuer, keys: SigningKeys, clock: Clock, rate: int
) -> None:
    issuer.down = True
    for _ in range(600):
        clock.now += 1
        answers = await asyncio.gather(*(state(keys.find("first")) for _ in range(rate)))
        assert set(answers) == {"unavailable"}

    assert issuer.asked == 15
    assert issuer.most_at_once == 1


async def test_junk_asks_twice_a_minute_while_the_issuer_is_well(
    issuer: Issuer, keys: SigningKeys, clock: Clock
) -> None:
    await keys.find("first")
    for second in range(600):
        clock.now += 1
        answers = await asyncio.gather(*(state(keys.find(f"{second}-{one}")) for one in range(100)))
        assert set(answers) == {"unknown"}

    assert issuer.asked == 1 + 600 // UNKNOWN_REST_SECONDS


async def test_a_hanging_issuer_keeps_nobody_with_a_known_key_waiting(
    issuer: Issuer, keys: SigningKeys, clock: Clock
) -> None:
    await keys.find("first")
    clock.now += 2 * KEYS_TTL_SECONDS
    issuer.hangs = True
    for _ in range(1000):
        assert await state(keys.find("first")) == "known"
    still_asking = keys._fetch is not None
    unknown = [asyncio.create_task(state(keys.find(f"junk-{one}"))) for one in range(50)]
    await asyncio.sleep(0)
    unknown[0].cancel()
    answers = await asyncio.gather(*unknown[1:])

    assert still_asking
    assert set(answers) == {"unknown"}, "one who gives up does not end it for the others"
    assert (issuer.asked, issuer.most_at_once) == (2, 1)
    assert keys._fetch is None


async def test_an_outage_is_heard_once_a_try_and_tells_a_caller_nothing(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.down = True
    tokens = EntraTokens(issuer.tenant)
    for _ in range(3):
        with pytest.raises(KeysUnavailable) as refused:
            await tokens.verify(issuer.token())
        assert str(refused.value) == "The keys that verify tokens cannot be read now."

    assert [record.getMessage() for record in caplog.records if "keys" in record.name] == [
        f"{issuer.tenant.keys_url} gives no keys: ClientResponseError"
    ]


GOOD = published("x", a_key())
EC = {"kid": "x", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}


@pytest.mark.parametrize(
    "but",
    [
        {"alg": "RSA-OAEP"}, {"alg": "RS512"}, {"alg": 1}, {"use": "enc"}, {"n": "!"}, {"n": ""},
        {"n": None}, {"e": "AA"}, {"e": 3}, {"kid": ["x"]}, {"kid": None}, {"kid": ""},
    ],
    ids=str,
)  # fmt: skip
async def test_a_key_that_is_not_for_rs256_is_skipped(
    issuer: Issuer, keys: SigningKeys, but: dict[str, Any]
) -> None:
    issuer.beside = (GOOD | but,)

    assert await state(keys.find("first")) == "known"
    assert list(keys._keys) == ["first"]


@pytest.mark.parametrize(
    "beside",
    [
        {"kid": "x", "kty": "OKP", "crv": "X999", "x": "AA"}, {"kid": "x", "kty": "XYZ"}, EC,
        {"kid": "x", "kty": "oct", "k": "a2V5"}, {"kid": "x"}, {}, [], None, 1, "x",
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_no_rsa_key_is_skipped(
    issuer: Issuer, keys: SigningKeys, beside: object
) -> None:
    issuer.beside = (beside,)

    assert await state(keys.find("first")) == "known"
    assert list(keys._keys) == ["first"]


async def test_a_key_that_is_too_short_is_skipped(issuer: Issuer, keys: SigningKeys) -> None:
    issuer.beside = (published("x", a_key(1024)), GOOD | {"kid": "long", "use": None})

    assert await state(keys.find("first")) == "known"
    assert set(keys._keys) == {"first", "long"}


@pytest.mark.parametrize(
    "document",
    [
        b"", b"[]", b"{}", b"null", b"1", b'"x"', b"<html>", b"\xff\xfe", b"[" * 100_000,
        b'{"error": "x"}', b'{"keys": null}', b'{"keys": {}}', b'{"keys": "x"}', b'{"keys": []}',
        b'{"keys": [[]]}', json.dumps({"keys": [EC]}).encode(),
        b'[{"keys": []}]',
    ],
    ids=lambda one: str(one[:20]),
)  # fmt: skip
async def test_a_set_of_any_shape_is_an_outage_and_no_failure(
    issuer: Issuer, keys: SigningKeys, clock: Clock, document: bytes
) -> None:
    issuer.instead = document
    assert await state(keys.find("first")) == "unavailable"
    issuer.instead = None
    clock.now += 1
    assert await state(keys.find("first")) == "known"
    issuer.instead = document
    clock.now += KEYS_TTL_SECONDS
    await state(keys.find("other"))

    assert await state(keys.find("first")) == "known", "what is known stays good"


async def test_nobody_listens(clock: Clock) -> None:
    keys = SigningKeys("http://127.0.0.1:1/keys", clock=clock)

    assert await state(keys.find("first")) == "unavailable"


async def test_tokens_are_verified_as_ever_while_the_issuer_is_away(
    issuer: Issuer, clock: Clock
) -> None:
    tokens = EntraTokens(issuer.tenant, monotonic=clock)
    good, unknown = issuer.token(), issuer.token("junk", a_key())
    await tokens.verify(good)
    clock.now += 2 * KEYS_TTL_SECONDS
    issuer.down, issuer.asked = True, 0
    for _ in range(600):
        clock.now += 1
        assert (await tokens.verify(good)).role == "Employee"
        with pytest.raises(Unauthenticated):
            await tokens.verify(unknown)

    assert issuer.asked <= 16
    assert issuer.most_at_once == 1
