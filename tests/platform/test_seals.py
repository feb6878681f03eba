"""What callers carry: encrypted, for one purpose and scope, with a key that can be renewed."""

import itertools

import pytest

from shared.platform.seals import Seal, SealBroken

OLD, NEW = b"the key until today", b"the key from today on"
CONTENT = b'{"after":"alyssa gregory"}'


def test_a_value_opens_for_its_purpose_and_scope_alone() -> None:
    seal = Seal("cursors", OLD)
    text = seal.seal(CONTENT, "ada USRT")

    assert seal.open(text, "ada USRT") == CONTENT
    for other, scope in (
        (seal, "bob USRT"),
        (Seal("sessions", OLD), "ada USRT"),
        (Seal("cursors", NEW), "ada USRT"),
    ):
        with pytest.raises(SealBroken):
            other.open(text, scope)


def test_nothing_of_it_can_be_read_and_no_two_are_alike() -> None:
    seal = Seal("cursors", OLD)
    texts = {seal.seal(CONTENT, "") for _ in range(100)}

    assert len({text[:16] for text in texts}) == 100, "nonces are random"
    assert not any("YWx5c3Nh" in text or "alyssa" in text for text in texts)


def test_no_bit_of_it_can_be_changed() -> None:
    seal = Seal("cursors", OLD)
    text = seal.seal(CONTENT, "")
    changed = [
        text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        for at in range(len(text) - 1)
    ]
    odd = ["", "A", "A" * 15, "A" * 60, "\u00e9", "=", "A A", text[:-8], text + "AAAA", "a" * 4001]

    for broken in itertools.chain(changed, odd):
        with pytest.raises(SealBroken):
            seal.open(broken, "")


def test_a_renewed_key_opens_what_the_other_one_sealed() -> None:
    before = Seal("cursors", OLD, NEW)  # the new one is known everywhere first
    after = Seal("cursors", NEW, OLD)
    ended = Seal("cursors", NEW)

    assert after.open(before.seal(CONTENT, ""), "") == CONTENT
    assert before.open(after.seal(CONTENT, ""), "") == CONTENT
    assert ended.open(after.seal(CONTENT, ""), "") == CONTENT
    with pytest.raises(SealBroken):
        ended.open(before.seal(CONTENT, ""), "")
