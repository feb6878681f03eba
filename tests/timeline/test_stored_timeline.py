"""Notes and activities of older shapes, kept as files, are answered as they always were."""

from pathlib import Path

import pytest

from tests.api import Api
from tests.stored import answer_to, put_stored, without_etags

FILES = sorted((Path(__file__).parent / "stored").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_an_older_document_is_answered_right(api: Api, path: Path) -> None:
    answers = await put_stored(api, path)

    assert answers
    for request, answer in answers.items():
        assert without_etags(await answer_to(api, request)) == without_etags(answer), request
