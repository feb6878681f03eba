"""Documents of older shapes, kept as files, with what was answered from them then."""

import json
from pathlib import Path
from typing import Any

from local.tokens import Bearer
from shared.platform.topology import containers
from shared.ports.documents import Put
from tests.api import ADMINISTRATOR, COMPANY, Api

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")


async def put_stored(api: Api, path: Path) -> dict[str, Any]:
    """Put the documents of a file into the store; return the answers by the path of the request."""
    file = json.loads(path.read_text())
    for document in file["documents"]:
        container = document["container"]
        partition = tuple(
            COMPANY if path == "/legalEntity" else document["partition"]
            for path in containers()[container].partition_key
        )
        await api.documents.commit(container, partition, [Put(document["body"])])
    answers: dict[str, Any] = file["answers"]
    return answers


async def answer_to(api: Api, path: str) -> Any:
    """Return what is answered now: to head office what lists all books, else to the associate."""
    bearer = ADMINISTRATOR if path == "client-books" else TRICIA
    return (await api.get(path, bearer=bearer)).json()


def without_etags(answer: Any) -> Any:
    """Return the answer without versions, which are those of the store that it was read from."""
    if isinstance(answer, list):
        return [without_etags(item) for item in answer]
    if isinstance(answer, dict):
        return {name: without_etags(each) for name, each in answer.items() if name != "etag"}
    return answer
