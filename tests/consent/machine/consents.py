"""Customers who decide, die and come again while their decisions spread: a machine of Hypothesis.

Any request, relay or message may stall at any call of the store while others go on, fail there, or
die there. Messages come in any order, and more than once. What is in force is computed from the
ledgers a second time, by tests/consent/machine/model.py.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from shared.consent.checks import CheckedPoint, ConsentCheck, ContactPoint, check_consents
from shared.consent.spreading.expiring import expire
from shared.core.values import in_milliseconds
from shared.ports.bus import BusUnavailable
from tests.consent.machine import asking as ask
from tests.consent.machine import drained, model
from tests.consent.machine.asking import Decided, Edit, Given, How
from tests.consent.machine.running import CALM, Running
from tests.consent.machine.told import OTHER, documents_of

MOST_CUSTOMERS: Final = 5


class Consents(Running):
    """Customers who share addresses, and what they ask for."""

    @rule(given=st.lists(ask.given, min_size=1, max_size=3), imported=st.booleans(), how=ask.how)
    @precondition(lambda self: len(self.ledgers.customers) < MOST_CUSTOMERS)
    def create(self, given: list[Given], imported: bool, how: How) -> None:
        self._ask(ask.creation(given, imported=imported), how)

    @rule(who=ask.indices, given=ask.given, how=ask.how)
    def add(self, who: int, given: Given, how: How) -> None:
        self._ask(ask.addition(self._customer(who), given), how)

    @rule(who=ask.indices, which=ask.indices, edit=ask.edits, how=ask.how)
    def edit(self, who: int, which: int, edit: Edit, how: How) -> None:
        key, contact = self._contact(who, which)
        if contact and edit.fits(contact["kind"]):
            self._ask(ask.edit(key, contact["id"], edit), how)

    @rule(who=ask.indices, which=ask.indices, how=ask.how)
    def remove(self, who: int, which: int, how: How) -> None:
        key, contact = self._contact(who, which)
        if contact:
            others = [one["id"] for one in self._contacts(key) if one["kind"] == contact["kind"]]
            successor = next((one for one in others if one != contact["id"]), None)
            self._ask(ask.removal(key, contact["id"], successor), how)

    @rule(
        who=ask.indices,
        which=ask.indices,
        said=ask.decided,
        hers=ask.seldom,
        how=ask.how,
    )
    def decide(self, who: int, which: int, said: Decided, hers: bool, how: How) -> None:
        key, contact = self._contact(who, which)
        if contact:
            actor = f"customer:{key}" if hers else how.actor
            request = ask.decision(key, contact["id"], contact["kind"], said)
            self._ask(request, replace(how, actor=actor))

    @rule(who=ask.indices, is_active=st.booleans(), how=ask.how)
    def turn(self, who: int, is_active: bool, how: How) -> None:
        key = self._customer(who)
        self._ask(ask.restoration(key) if is_active else ask.deactivation(key), how)

    @rule(which=ask.indices, how=ask.how)
    @precondition(lambda self: self.failed)
    def repeat(self, which: int, how: How) -> None:
        fingerprint, request = self.failed.pop(which % len(self.failed))
        self._ask(request, how, again=fingerprint)

    @rule(which=ask.indices, how=ask.how, away=st.booleans())
    @precondition(lambda self: self.ledgers.told)
    def relay(self, which: int, how: How, away: bool) -> None:
        """Let the feed tell of one version, in any order and with or without a bus."""
        told = list(self.ledgers.told)
        self.bus.is_away = away and not how.at
        self._run(self._relaying(told[which % len(told)]), how, (*ask.AWAY, BusUnavailable))
        self.bus.is_away = False

    @rule(which=ask.indices, how=ask.how, again=ask.seldom)
    @precondition(lambda self: self.ledgers.told or self.bus.waiting)
    def deliver(self, which: int, how: How, again: bool) -> None:
        """Deliver a message, the one that the feed has just sent, or one that was taken before."""
        told = list(self.ledgers.told)
        if told:
            relay = self._relaying(told[which % len(told)])
            self._run(relay, CALM, ())
        messages = list((again and self.bus.taken) or self.bus.waiting)
        if messages:
            self._run(self._delivering(messages[-1 - which % len(messages)]), how, ask.AWAY)

    @rule(which=ask.indices, at=st.none() | ask.where, dies=st.booleans())
    @precondition(lambda self: self.stalled)
    def go_on(self, which: int, at: str | int | None, dies: bool) -> None:
        """Let go on what has stalled, some way or to its end, or die at once."""
        begun = self.stalled.pop(which % len(self.stalled))
        how = replace(CALM, at=0 if dies and at is None else at, dies=dies)
        self.runner.run(self._let(begun, how))

    @rule(hours=st.sampled_from([0, 1, 25]), drains=ask.seldom)
    @precondition(lambda self: self.ledgers.told or self.bus.waiting or self.stalled)
    def wait(self, hours: int, drains: bool) -> None:
        """Let time pass, the sweeper come, and seldom everything be delivered."""
        self.now += timedelta(hours=hours)
        self.runner.run(self._drain() if drains else self._sweep())

    @invariant()
    def every_check_says_what_is_in_force(self) -> None:
        self.runner.run(self._check())

    def teardown(self) -> None:
        try:
            self.runner.run(self._drain())
        finally:
            self.runner.run(self._close())
            self.runner.close()

    def _customer(self, who: int) -> str:
        keys = list(self.ledgers.customers)
        return keys[who % len(keys)]

    def _contacts(self, key: str) -> list[dict[str, Any]]:
        contacts: list[dict[str, Any]] = self.ledgers.customers[key]["contacts"]
        return contacts

    def _contact(self, who: int, which: int) -> tuple[str, dict[str, Any] | None]:
        key = self._customer(who)
        contacts = self._contacts(key)
        return key, contacts[which % len(contacts)] if contacts else None

    async def _check(self) -> None:
        """Ask about every point for each purpose and channel, and hold the answers to the ledgers.

        Of what was not answered yet, or has died, any may have arrived.
        """
        await self.ledgers.listen()
        sure, others = self.ledgers.settled(self.settled)
        for (purpose, kind), channels in model.CHANNELS.items():
            points = [one for one in model.POINTS if one[0] == kind]
            for channel in channels:
                answers = await self._answers(points, purpose, channel)
                for point, answer in zip(points, answers, strict=True):
                    some = [one for one in sure if one.is_about(point, purpose, channel)]
                    more = [one for one in others if one.is_about(point, purpose, channel)]
                    self._hold(answer, some, more)

    async def _answers(
        self, points: list[model.Point], purpose: str, channel: str
    ) -> tuple[CheckedPoint, ...]:
        asked = [ContactPoint.model_validate({"kind": kind, "value": it}) for kind, it in points]
        check = ConsentCheck.model_validate(
            {"purpose": purpose, "channel": channel, "contactPoints": asked}
        )
        return (await check_consents(check, context=self.context())).items

    def _hold(
        self, answer: CheckedPoint, sure: list[model.Entry], others: list[model.Entry]
    ) -> None:
        last = model.greatest(sure, is_strong=True)
        opt_ins = [one for one in others if one.decision == "OptedIn" and one.is_strong]
        if last and last.decision == "OptedOut" and not opt_ins:
            assert not answer.allowed, "it was withdrawn"
        at = in_milliseconds(answer.decided_at) if answer.decided_at else None
        now = in_milliseconds(self.now)
        found = model.possible(sure, others)
        said = (answer.allowed, answer.decision, at)
        assert said in {model.verdict(one, now) for one in found}, (answer, sure, others)

    async def _drain(self) -> None:
        """Let everything be delivered, and then once more."""
        await self._come_to_its_end()
        await expire(self.context(), limit=1_000)
        await self._come_to_its_end()
        await drained.check_drained(self.ledgers, self.context())
        for name in self.bus.taken:
            await self._delivering(name)(self.backend.documents)
        assert await self.ledgers.listen() == 0, "there is no echo"
        assert await documents_of(OTHER, self.backend.documents) == self.others
        assert all(len(self.ledgers.versions_by(one)) <= 1 for one in self.once), "recorded twice"
