"""Books, cards and memberships of older shapes, kept as files, are answered as they always were."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.clienteling.cards.documents import SCHEMA_VERSION, load_card
from shared.clienteling.cards.projection import project_cards
from shared.composition import wiring
from shared.context import Context
from tests.api import COMPANY, Api
from tests.stored import TRICIA, answer_to, put_stored, without_etags

FILES = sorted((Path(__file__).parent / "stored").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_an_older_document_is_answered_right(api: Api, path: Path) -> None:
    answers = await put_stored(api, path)

    assert answers
    for request, answer in answers.items():
        current = without_etags(await answer_to(api, request))
        assert current == with_marketing(without_etags(answer)), request


def with_marketing(answer: Any) -> Any:
    """Return the answer with what cards did not show then: nothing is known of marketing."""
    if isinstance(answer, list):
        return [with_marketing(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    shown = {name: with_marketing(value) for name, value in answer.items()}
    is_card = "slots" in shown
    return shown | ({"marketing": {"email": None, "phone": None}} if is_card else {})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_an_older_card_is_written_in_the_newest_shape(api: Api, path: Path) -> None:
    answers = await put_stored(api, path)
    [card] = answers["client-books/000137/clients"]["items"]
    client = f"client-books/000137/clients/{card['customerId']}"
    body = {"attributes": {"favoriteBrand": "Fabrikam"}}
    changed = await api.call("PATCH", client, body, bearer=TRICIA, if_match="*")
    partition = ("000137", COMPANY)
    document = await api.documents.read("books", partition, f"card:{card['customerId']}")

    assert changed.json()["displayAccount"] == card["displayAccount"]
    assert document
    assert document.body["schemaVersion"] == SCHEMA_VERSION
    assert "displayAccount" not in document.body


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_an_older_card_that_says_the_same_is_not_written_again(api: Api, path: Path) -> None:
    answers = await put_stored(api, path)
    [card] = answers["client-books/000137/clients"]["items"]
    before = await load_card(f"card:{card['customerId']}", "000137", context())
    await project_cards(card["customerId"], context=context())
    after = await load_card(f"card:{card['customerId']}", "000137", context())

    assert before is not None
    assert before == after


def context() -> Context:
    return wiring.backend().context(COMPANY, "system:cards", datetime.now(UTC))
