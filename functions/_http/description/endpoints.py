"""Operations as they are described: an operation on settings once for each collection."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import Field, create_model

from functions._http.call import PageOf
from functions._http.operation import Operation
from shared.configuration.domain.collections import COLLECTIONS, Collection

COLLECTION = "{collection}"
SUMMARIES = {
    "list_settings": "List {plural}",
    "get_setting": "Get {one}",
    "put_setting": "Create or replace {one}",
    "remove_setting": "Delete {one}",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path and a method of the description; several can be served by one operation."""

    operation: Operation
    path: str
    operation_id: str
    summary: str
    description: str
    body: Any
    returns: Any
    singular: str = ""

    @property
    def tag(self) -> str:
        return self.operation.tag


def endpoints(operations: Iterable[Operation]) -> list[Endpoint]:
    described = [endpoint for operation in operations for endpoint in _endpoints(operation)]
    return sorted(described, key=lambda endpoint: (endpoint.path, endpoint.operation.method))


def _endpoints(operation: Operation) -> Iterator[Endpoint]:
    if COLLECTION in operation.route:
        yield from (_of_collection(operation, item) for item in COLLECTIONS.values())
        return
    summary, description = _texts(operation)
    yield Endpoint(
        operation=operation,
        path=f"/api/{operation.described_route}",
        operation_id=operation.name,
        summary=summary,
        description=description,
        body=operation.body,
        returns=operation.returns,
    )


def _of_collection(operation: Operation, collection: Collection[Any]) -> Endpoint:
    """Return the operation as that of one collection: its own path, name and models."""
    plural = collection.name
    singular = plural.removesuffix("s")
    words = {"plural": _words(plural), "one": _with_article(_words(singular))}
    name = operation.name.replace("settings", plural).replace("setting", singular)
    paged = isinstance(operation.returns, type) and issubclass(operation.returns, PageOf)
    answer = _page(operation.returns, collection.model) if paged else collection.model
    return Endpoint(
        operation=operation,
        path=f"/api/{operation.described_route}".replace(COLLECTION, plural),
        operation_id=name.replace("-", "_"),
        summary=SUMMARIES[operation.name].format(**words),
        description=_texts(operation)[1],
        body=operation.body and collection.model,
        returns=operation.returns and answer,
        singular=_words(singular),
    )


def _page(page: type[PageOf[Any]], model: type[Any]) -> Any:
    """Return the page with the setting of its items typed as the model of the collection."""
    [item] = page.__pydantic_generic_metadata__["args"]
    setting = (model, Field(description="The setting itself"))
    named = create_model(
        f"{model.__name__}Item", __base__=item, __doc__=item.__doc__, setting=setting
    )
    return PageOf[named]


def _texts(operation: Operation) -> tuple[str, str]:
    """Return the first line of the docstring without its full stop, and its other lines."""
    summary, _, description = operation.summary.partition("\n")
    paragraphs = (" ".join(part.split()) for part in description.split("\n\n"))
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return summary.strip().removesuffix("."), text


def _words(name: str) -> str:
    return name.replace("-", " ")


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
