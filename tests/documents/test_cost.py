"""docs/cost.md says what comes out of what it is made from."""

from shared.platform.topology import containers
from tests.infra.promises import CONTAINER
from tests.infra.stands import stand
from tools.cost import month
from tools.cost.month import SHAPES
from tools.cost.page import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tools.cost"


def test_the_maxima_are_those_of_the_bicep() -> None:
    made = {
        one.name: one.properties["options"]["autoscaleSettings"]["maxThroughput"]
        for one in stand("production").deployed.of(CONTAINER)
    }

    assert {name: made[name] for name in month.MAXIMUM} == month.MAXIMUM
    assert set(made.values()) == {1000, *month.MAXIMUM.values()}
    assert len(containers()) == len(month.MAXIMUM) + month.OTHER_CONTAINERS


def test_the_peak_fits_into_the_maxima() -> None:
    for name, used in month.at_the_peak().items():
        assert used <= month.MAXIMUM[name], name


def test_more_hours_cost_more() -> None:
    for cost in (month.autoscale, month.serverless, month.functions, month.bus):
        assert sorted(map(cost, SHAPES)) == list(map(cost, SHAPES))
