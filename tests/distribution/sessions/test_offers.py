"""What a channel is offered, by its position and the packages there are: a pure function."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.distribution.domain.packages import Form, Package
from shared.distribution.domain.sessions import MAX_BEHIND, Position, offered
from tests.distribution.index.simulation import NOW

FORM = Form(parts=(), puts=0, dels=0, bytes=0, digest="")


def package(number: int, *, full: bool, reset: bool = False) -> Package:
    return Package(
        job="1010",
        number=number,
        run=f"run{number}",
        start={},
        to={},
        after=(),
        versions={},
        tables=("customers",),
        reset=reset,
        delta=None if number == 1 or reset else FORM,
        full=FORM if full or reset or number == 1 else None,
        created_at=NOW + timedelta(minutes=number),
    )


@st.composite
def chains(draw: st.DrawFn) -> list[Package]:
    kinds = draw(
        st.lists(st.sampled_from(["delta", "delta", "delta", "full", "reset"]), max_size=60)
    )
    return [
        package(number, full=kind == "full", reset=kind == "reset")
        for number, kind in enumerate(["full", *kinds], start=1)
    ]


@given(chains(), st.integers(0, 60), st.booleans())
def test_offers_lead_from_the_position_to_the_newest(
    chain: list[Package], number: int, is_broken: bool
) -> None:
    number = min(number, len(chain))
    broken = number if is_broken else None
    position = Position(job="1010", number=number, broken=broken)
    offers, replaced = offered(position, chain[number:])
    at = number
    for index, offer in enumerate(offers):
        if offer.form_name == "delta":
            assert offer.package.number == at + 1, "a delta applies on the number before it"
            assert index or (not is_broken and at), "who holds nothing begins with a full"
        at = offer.package.number
        assert offer.form.rows == 0

    if offers:
        assert at == len(chain), "who applies all of it is up to date"
    else:
        # There is nothing new, or who needs a full has to wait for one.
        fulls = [one for one in chain[number:] if one.full]
        assert number == len(chain) or not fulls
    numbers = {one.package.number for one in offers} | {one.package.number for one, _ in replaced}
    assert not offers or numbers == set(range(number + 1, len(chain) + 1))
    if any(one.reset for one in chain[number:]):
        assert offers[0].form_name == "full"
    assert len(offers) <= max(
        MAX_BEHIND, len(chain) - max(one.number for one in chain if one.full) + 1
    )
