"""Which three things a card says, whatever is configured and whatever is known."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clienteling.domain.card_slots import SLOTS, LabeledMeasure, Reader, Slot, compose
from shared.configuration.domain.attributes import Attribute, AttributeType, Definition, Member

READER = Reader(("en-US",), "USD")
ATTRIBUTES = ("birthday", "favoriteBrand", "interests", "lifetimeValue", "orders")
MEASURES = ("spentThisYear", "visits", "lastOrder", "returns")
NOTHING: st.SearchStrategy[Any] = st.sampled_from([None, "", []])

of_type: dict[str, st.SearchStrategy[Any]] = {
    "Text": st.sampled_from(["Contoso", "Fabrikam", ["Shoes", "Bikes"], "0"]),
    "Integer": st.integers(-3, 3),
    "Decimal": st.floats(-3, 3),
    "Currency": st.sampled_from([0, 0.0, 12.5, -3]),
    "Boolean": st.booleans(),
    "Date": st.dates().map(lambda day: day.isoformat()),
}
data_types = st.sampled_from(sorted(of_type))


@st.composite
def known(draw: st.DrawFn, types: dict[str, str]) -> dict[str, Any]:
    """Return values for some of the names; some of them say nothing."""
    named = draw(st.sets(st.sampled_from(sorted(types)))) if types else set()
    return {name: draw(of_type[types[name]] | NOTHING) for name in sorted(named)}


@st.composite
def composed(draw: st.DrawFn) -> tuple[list[str], list[Slot]]:
    """Return what should be said, in order, and what is."""
    kinds = {name: draw(data_types) for name in (*MEASURES, *ATTRIBUTES)}
    measures = draw(st.lists(st.sampled_from(MEASURES), unique=True, max_size=4))
    names = draw(st.lists(st.sampled_from(ATTRIBUTES), unique=True))
    orders = {name: draw(st.integers(0, 10_000) | st.just(1)) for name in names}
    names = sorted(names, key=lambda name: orders[name])
    values = draw(known({name: kinds[name] for name in MEASURES}))
    attributes = draw(known({name: kinds[name] for name in ATTRIBUTES}))

    slots = compose(
        [LabeledMeasure(name, name.title(), kinds[name]) for name in measures],
        values,
        (a_definition(name, kinds[name], orders[name]) for name in names),
        attributes,
        READER,
    )
    said = [name for name in measures if says(values.get(name))]
    said += [name for name in names if says(attributes.get(name))]
    assert all(one.raw == (values | attributes)[one.name] for one in slots)
    return said, slots


def a_definition(name: str, data_type: str, order: int) -> Definition:
    kind = AttributeType.model_validate(
        {"name": data_type, "dataType": data_type, "multiValue": data_type == "Text"}
    )
    attribute = Attribute(name=name, friendly_name=name.title(), attribute_type=data_type)
    return Definition(Member(attribute=name, display_order=order), attribute, kind)


def says(value: Any) -> bool:
    return not (value is None or (isinstance(value, str | list) and len(value) == 0))


@given(composed())
@settings(derandomize=True, database=None, deadline=None, max_examples=400)
def test_a_card_says_the_first_three_things_that_there_are(
    outcome: tuple[list[str], list[Slot]],
) -> None:
    said, slots = outcome

    assert len(slots) <= SLOTS == 3
    assert [one.name for one in slots] == said[:SLOTS], "in order, without gaps, none left out"
    assert [one.source for one in slots] == [
        "measure" if one.name in MEASURES else "attribute" for one in slots
    ]
    assert all(one.value and one.label == one.name.title() for one in slots)
