"""The catalogue of events for integrators, made from the models."""

import json
from pathlib import Path
from typing import Any

from pydantic.alias_generators import to_camel

from shared.customers.domain.events import (
    MEANINGS,
    NOT_COMPARED,
    RETENTION_SECONDS,
    Event,
)

PAGE = Path(__file__).parent.parent.parent / "docs" / "events.md"
HEAD = """\
# Events

Made by `python -m tools.events` from `shared/customers/domain/events.py`; a test holds it to the
models.

Every change of a customer stores one event in the same commit: there is no change without its
event and no event without its change. The envelope is [CloudEvents 1.0](https://cloudevents.io)
in JSON.

- `id` is `{{customer}}:{{version}}`. An event may come twice, then with the same id: skip what you
  know.
- `subject` is the customer's GUID, which never changes. `data.version` counts the changes of one
  customer from 1 without a gap, so whoever misses one knows it.
- `data.changes` has each field that changed, as the API answers it, with its old and its new value;
  an address stands there as `addresses/{{addressId}}`. Not told as changes: {untold}.
- The change feed relays events to the Service Bus topic `events`, with the application properties
  `type` and `legalEntity` to filter by. The session is the customer: a subscription that requires
  sessions receives each customer's events in order.
- `traceparent`, where it is known, is the request that made the change, by CloudEvents' extension
  for distributed tracing. To go on with its trace, take the application property of that name.
- Events are kept for {days} days for a bus that is away.

Events hold personal data: give them to those only who may read the customer.

| type | when |
|---|---|
"""


def page() -> str:
    untold = ", ".join(f"`{name}`" for name in sorted(map(to_camel, NOT_COMPARED)))
    lines = [f"| `{name}` | {meaning} |\n" for name, meaning in MEANINGS.items()]
    schema: dict[str, Any] = Event.model_json_schema(mode="serialization")
    return (
        HEAD.format(untold=untold, days=RETENTION_SECONDS // 86400)
        + "".join(lines)
        + f"\n## Schema\n\n```json\n{json.dumps(schema, indent=2)}\n```\n"
    )
