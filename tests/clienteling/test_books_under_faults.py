"""Client books: whoever stalls, dies, fails or comes twice, books and cards come out right.

Every operation is let through to the store one call at a time, in an order that Hypothesis draws;
so any of them may stall for as long as others do many things. The feed comes late, twice and in
any order.
"""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from local.folder import Folder
from local.store import SqliteDocuments
from shared.clienteling.cards.conditions import CARD
from shared.clienteling.cards.projection import SOURCES, project_cards
from shared.clienteling.clients import add_clients, edit_client, move_client, remove_client
from shared.clienteling.documents import BOOKS
from shared.clienteling.domain.client_books import (
    ClientEdit,
    ClientInAnotherBook,
    ClientNotInBook,
    Membership,
)
from shared.clienteling.memberships import read_membership
from shared.configuration.cache import Configuration
from shared.configuration.domain.collections import WORKERS
from shared.configuration.domain.companies import Parameters
from shared.configuration.settings import edit_parameters
from shared.context import Context
from shared.core.errors import Stale, Unavailable
from shared.core.retry import ANY
from shared.core.values import as_text
from shared.customers.creation.creation import create_customer
from shared.customers.customers import (
    deactivate_customer,
    edit_customer,
    read_customer,
    restore_customer,
)
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import CustomerEdit, CustomerInactive
from shared.ports.documents import Documents, Equal, Put
from shared.timeline.activities import add_activity
from shared.timeline.domain.activities import NewActivity
from tests.api import COMPANY
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.stores import cosmos_documents
from tests.doubles.stalling import Fault, Run, Turns

ASSOCIATES = ("000110", "000137", "000160")
CUSTOMERS = 3
WORDS = ("Contoso", "Fabrikam")  # few, so that what was comes again
MOST_STALLED = 4
FINE = (ClientInAnotherBook, ClientNotInBook, CustomerInactive, Unavailable, Stale)
REFUSED = {None, *(one.code for one in FINE)}
BEGIN = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


Open = Callable[[], AbstractAsyncContextManager[Context]]
Doing = Callable[[Documents], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for; each kind needs but some of it."""

    kind: str
    customer: int
    associate: str
    other: str
    word: str
    minutes: int


async def _add(asked: Asked, key: str, context: Context) -> None:
    [result] = await add_clients(asked.associate, [key], context=context)
    assert result.code in REFUSED


async def _remove(asked: Asked, key: str, context: Context) -> None:
    await remove_client(asked.associate, key, if_match=ANY, context=context)


async def _move(asked: Asked, key: str, context: Context) -> None:
    await move_client(asked.associate, key, asked.other, context=context)


async def _know(asked: Asked, key: str, context: Context) -> None:
    edit = ClientEdit(attributes={"favoriteBrand": asked.word})
    await edit_client(asked.associate, key, edit, if_match=ANY, context=context)


async def _rename(asked: Asked, key: str, context: Context) -> None:
    edit = CustomerEdit(first_name=asked.word)
    await edit_customer(key, edit, if_match=ANY, context=context)


async def _deactivate(_: Asked, key: str, context: Context) -> None:
    await deactivate_customer(key, if_match=ANY, context=context)


async def _restore(_: Asked, key: str, context: Context) -> None:
    await restore_customer(key, context=context)


async def _visit(asked: Asked, key: str, context: Context) -> None:
    moment = context.now + timedelta(minutes=asked.minutes)
    new = NewActivity(activity_type="StoreVisit", occurred_at=moment, summary="Tried on shoes")
    await add_activity(key, new, associate=asked.associate, store="HOUSTON", context=context)


KINDS: dict[str, Callable[[Asked, str, Context], Coroutine[Any, Any, None]]] = {
    "add": _add,
    "remove": _remove,
    "move": _move,
    "know": _know,
    "rename": _rename,
    "deactivate": _deactivate,
    "restore": _restore,
    "visit": _visit,
}

asked_for = st.builds(
    Asked,
    kind=st.sampled_from(["add", "add", "remove", "rename", *KINDS]),
    customer=st.sampled_from([0] * 4 + [*range(CUSTOMERS)]),
    associate=st.sampled_from([ASSOCIATES[0]] * 3 + [*ASSOCIATES]),
    other=st.sampled_from(ASSOCIATES),
    word=st.sampled_from(WORDS),
    minutes=st.sampled_from([-5, 0, 5]),
)
faults_of = st.dictionaries(st.integers(0, 9), st.sampled_from(["before", "after"]), max_size=2)
# Before which call it stalls, or after how many; None lets it come to its end.
stalls_at = (
    st.none()
    | st.integers(1, 8)
    | st.sampled_from(["commit customers", "read books", "commit books"])
)


class Books(RuleBasedStateMachine):
    """The books of three associates, three customers, a feed, and operations that have stalled."""

    def __init__(self, opened: Open, *, several: bool, inside: bool) -> None:
        super().__init__()
        self.several = several
        self.inside = inside  # whether a crash may come while a call is on its way
        self.minutes = 0
        self.begun: list[Run] = []
        self.stalled: list[Run] = []
        self.told: dict[int, str] = {}  # customers of the feed, by its count, until settled
        self.heard = 0
        self.visited: dict[str, datetime] = {}  # when each was last in the store, as was answered
        self.position: str | None = None
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.context = self.runner.run(self._open(opened))
        self.keys = [key_of(number, self.context) for number in range(CUSTOMERS)]
        self.runner.run(self._listen())
        self.told.clear()

    async def _open(self, opened: Open) -> Context:
        """Know the settings beforehand and for good, so that chance stops no run at one."""
        context = await self.stack.enter_async_context(opened())
        configuration = Configuration(context.documents, clock=lambda: 0.0)
        known = replace(context, configuration=configuration)
        await configuration.parameters(COMPANY)
        await configuration.features(COMPANY)
        for associate in ASSOCIATES:
            await configuration.require(COMPANY, WORKERS, associate, "/to")
        return known

    @rule(asked=asked_for, faults=faults_of, at=stalls_at)
    @precondition(lambda self: len(self.stalled) < MOST_STALLED)
    def ask(self, asked: Asked, faults: dict[int, Fault], at: str | int | None) -> None:
        self.runner.run(self._begin(self._doing(asked), faults, at))

    @rule(
        together=st.lists(st.tuples(asked_for, faults_of), min_size=2, max_size=4),
        order=st.lists(st.integers(0, 3), max_size=30),
    )
    def ask_at_once(self, together: list[tuple[Asked, dict[int, Fault]]], order: list[int]) -> None:
        self.runner.run(self._at_once(together, order))

    @rule(which=st.integers(0, 9), faults=faults_of, at=stalls_at, twice=st.booleans())
    @precondition(lambda self: len(self.stalled) < MOST_STALLED)
    def deliver(
        self, which: int, faults: dict[int, Fault], at: str | int | None, twice: bool
    ) -> None:
        """Deliver a change, late or early, and perhaps to two instances."""
        self.runner.run(self._listen())
        if self.told:
            number = list(self.told)[which % len(self.told)]
            for do in [self._settling(number, self.told[number])] * (1 + twice):
                self.runner.run(self._begin(do, faults, at))

    @rule(which=st.integers(0, 9), at=stalls_at)
    @precondition(lambda self: self.stalled)
    def go_on(self, which: int, at: str | int | None) -> None:
        run = self.stalled.pop(which % len(self.stalled))
        self.runner.run(self._let(run, at))

    @rule(which=st.integers(0, 9), inside=st.booleans())
    @precondition(lambda self: self.stalled)
    def crash(self, which: int, inside: bool) -> None:
        run = self.stalled.pop(which % len(self.stalled))
        self.runner.run(self._crash(run, inside=inside and self.inside))

    @rule()
    def catch_up(self) -> None:
        self.runner.run(self._catch_up())

    @invariant()
    def memberships_are_in_order(self) -> None:
        for membership in self.runner.run(self._memberships()):
            names = [one.personnel_number for one in membership.holders]
            assert len(set(names)) == len(names), "never twice in one book"
            assert self.several or len(names) <= 1
            assert [one.primary for one in membership.holders].count(True) == bool(names)

    def teardown(self) -> None:
        try:
            self.runner.run(self._catch_up())
        finally:
            self.runner.run(self._close())
            self.runner.close()

    def _doing(self, asked: Asked) -> Doing:
        """Return what was asked for, some minutes after what was asked for before."""
        self.minutes += 1
        now = BEGIN + timedelta(minutes=self.minutes)
        key = self.keys[asked.customer]

        async def do(documents: Documents) -> None:
            context = replace(self.context, documents=documents, now=now)
            await KINDS[asked.kind](asked, key, context)
            if asked.kind == "visit" and asked.minutes <= 0:
                moment = now + timedelta(minutes=asked.minutes)
                self.visited[key] = max(self.visited.get(key, moment), moment)

        return do

    def _settling(self, number: int, key: str) -> Doing:
        async def do(documents: Documents) -> None:
            await project_cards(key, context=replace(self.context, documents=documents))
            self.told.pop(number, None)  # unless another instance was faster

        return do

    def _run(self, do: Doing, faults: dict[int, Fault]) -> Run:
        turns = Turns(self.context.documents)
        self.begun.append(Run(turns, do(turns), faults))
        return self.begun[-1]

    async def _begin(self, do: Doing, faults: dict[int, Fault], at: str | int | None) -> None:
        await self._let(self._run(do, faults), at)

    async def _let(self, run: Run, at: str | int | None) -> None:
        """Let it go on so far; what has not come to its end then has stalled."""
        if isinstance(at, int):
            for _ in range(at):
                await run.step()
        else:
            await (run.up_to(at) if at else run.finish())
        if run.over:
            run.outcome(*FINE)
        else:
            self.stalled.append(run)

    async def _at_once(
        self, together: list[tuple[Asked, dict[int, Fault]]], order: list[int]
    ) -> None:
        runs = [self._run(self._doing(asked), faults) for asked, faults in together]
        for which in order:
            await runs[which % len(runs)].step()
        while any(not run.over for run in runs):  # in turn, so that the same order comes again
            for run in runs:
                await run.step()
        for run in runs:
            run.outcome(*FINE)

    async def _crash(self, run: Run, *, inside: bool) -> None:
        await run.crash(inside=inside)
        # What it had asked of the store may still be on its way there, but before this.
        await self.context.documents.commit("leases", ("after",), [Put({"id": "after"})])

    async def _listen(self) -> None:
        """Hear what the feed tells of, as feed_cards hears it."""
        while True:
            found = await self.context.documents.changes("customers", self.position, 100)
            if not found.documents:
                return
            self.position = found.position
            for body in [one.body for one in found.documents]:
                if body["type"] in SOURCES:
                    self.heard += 1
                    self.told[self.heard] = body.get("customerId") or body["id"]

    async def _catch_up(self) -> None:
        """Let the feed come to its end, then who has stalled, then the feed again."""
        await self._settle_all()
        for run in self.stalled:
            run.faults.clear()
            await run.finish()
            run.outcome(*FINE)
        self.stalled.clear()
        await self._settle_all()
        for membership in await self._memberships():
            await self._check(membership)

    async def _settle_all(self) -> None:
        await self._listen()
        for key in dict.fromkeys(self.told.values()):
            await project_cards(key, context=self.context)
        self.told.clear()

    async def _memberships(self) -> list[Membership]:
        return [await read_membership(key, self.context) for key in self.keys]

    async def _check(self, membership: Membership) -> None:
        """Hold the cards of one customer to what she is, and where."""
        key = membership.customer_id
        customer = (await read_customer(key, context=self.context)).value
        cards = await self._cards(key)
        activity = membership.last_activity_at

        assert key not in self.visited or (activity and activity >= self.visited[key])
        assert customer.status == "Active" or not membership.holders
        assert cards.keys() == {one.personnel_number for one in membership.holders}
        for holder in membership.holders:
            card = cards[holder.personnel_number]
            assert card["name"] == customer.name
            assert card["attributes"] == holder.attributes
            assert card["pair"] == holder.version
            assert card["addedAt"] == as_text(holder.added_at)
            assert card["lastActivityAt"] == (as_text(activity) if activity else None)
            assert card["holders"] == [one.personnel_number for one in membership.holders]

    async def _cards(self, key: str) -> dict[str, dict[str, Any]]:
        """Return her cards by the books that list them."""
        cards = {}
        for associate in ASSOCIATES:
            place = self.context.partition(associate)
            listed = Equal("type", CARD), Equal("customerId", key)
            page = await self.context.documents.query(BOOKS, place, *listed)
            for one in page.documents:
                cards[associate] = one.body
        return cards

    async def _close(self) -> None:
        for run in self.begun:
            if not run.over:
                await run.crash(inside=False)
        await self.stack.aclose()


def key_of(number: int, context: Context) -> str:
    return replace(context, fingerprint=f"customer {number}").new_id()


async def fill(context: Context, *, several: bool) -> None:
    """Make the customers, and let the company allow several associates or not."""

    def allow(old: dict[str, Any]) -> Parameters:
        return Parameters.model_validate(old | {"allowSeveralAssociates": several})

    await edit_parameters(allow, if_match=ANY, context=context)
    for number in range(CUSTOMERS):
        new = NewCustomer(store_number="HOUSTON", first_name=WORDS[0], last_name=f"No. {number}")
        named = replace(context, fingerprint=f"customer {number}")
        await create_customer(new, context=named, allow_duplicate=True)


def on_sqlite(configured: Path, work: Path, *, several: bool) -> Open:
    """Return what opens a file of its own for each example."""
    count = itertools.count()

    @asynccontextmanager
    async def opened(source: Path, path: Path) -> AsyncIterator[Context]:
        folder = Folder(shutil.copytree(source, path))
        documents = SqliteDocuments(folder.database)
        try:
            yield folder.backend(documents).context(COMPANY, "application:test", BEGIN)
        finally:
            documents.close()

    async def prepare() -> None:
        async with opened(configured, work / "filled") as context:
            await fill(context, several=several)

    asyncio.run(prepare())
    return lambda: opened(work / "filled", work / f"{next(count)}")


def on_cosmos(
    endpoint: Endpoint, source: str, configured: Path, work: Path, *, several: bool
) -> Open:
    """Return what opens a database of its own for each example."""
    count = itertools.count()
    filled = f"{work.name}-filled"

    @asynccontextmanager
    async def opened(source: str, name: str) -> AsyncIterator[Context]:
        endpoint.copy(source, name)
        async with cosmos_documents(endpoint, name) as documents:
            backend = Folder(configured).backend(documents)
            yield backend.context(COMPANY, "application:test", BEGIN)

    async def prepare() -> None:
        async with opened(source, filled) as context:
            await fill(context, several=several)

    asyncio.run(prepare())
    return lambda: opened(filled, f"{work.name}-{next(count)}")


def explored(opened: Open, *, examples: int, several: bool, inside: bool) -> None:
    run_state_machine_as_test(
        partial(Books, opened, several=several, inside=inside),  # type: ignore[arg-type]  # it calls what it is given
        settings=settings(
            derandomize=True,
            database=None,
            deadline=None,
            max_examples=examples,
            stateful_step_count=25,
            phases=[Phase.generate, Phase.shrink],
        ),
    )


@pytest.mark.parametrize("several", [False, True])
def test_the_books_of_sqlite_come_out_right(
    configured: Path, tmp_path: Path, several: bool, scale: Callable[[int, int], int]
) -> None:
    opened = on_sqlite(configured, tmp_path, several=several)
    explored(opened, examples=scale(120, 1000), several=several, inside=True)


@pytest.mark.parametrize("several", [False, True])
def test_the_books_of_cosmos_come_out_right(  # noqa: PLR0913, PLR0917  # fixtures
    configured: Path,
    configured_cosmos: str,
    cosmos_endpoint: Endpoint,
    tmp_path: Path,
    several: bool,
    scale: Callable[[int, int], int],
) -> None:
    opened = on_cosmos(cosmos_endpoint, configured_cosmos, configured, tmp_path, several=several)
    explored(opened, examples=scale(12, 100), several=several, inside=False)
