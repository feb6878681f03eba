"""docs/cost.md says what comes out of what it is made from."""

import re

import pytest

from shared.platform.topology import containers
from tests.infra.promises import CONTAINER
from tests.infra.stands import ROOT, stand
from tools.cost import distribution, month
from tools.cost.month import SHAPES, Shape
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


@pytest.mark.parametrize("channels", [month.STORES, 500])
def test_the_peak_fits_into_the_maxima(channels: int) -> None:
    rest = distribution.at_rest(channels)
    for name, used in month.at_the_peak(channels).items():
        assert used + rest.get(name, 0) <= month.MAXIMUM[name], name


def test_the_bill_of_distribution_is_that_of_the_paper() -> None:
    paper = (ROOT / "docs" / "concepts" / "distribution.md").read_text()
    [(entry, head)] = re.findall(r"replaces an entry, (\d+) RU, .*? a head, (\d+) RU", paper)
    groups = [sum(one.values()) for one in (distribution.GROUP_RU, distribution.CHANGED_GROUP_RU)]
    written = distribution.ENTRIES * distribution.ENTRY_RU + distribution.HEAD_RU

    assert float(head) == distribution.HEAD_RU
    assert distribution.ENTRY_RU < float(entry) <= 2 * distribution.ENTRY_RU, "new, not replaced"
    assert 1_000 <= month.CREATES * written <= 1_600
    assert [f"some {ru:.0f} RU" in paper for ru in groups] == [True, True]
    assert [round(500 * ru / 60, -2) for ru in groups] == [300, 900]
    assert "300 to 900 RU/s" in paper
    assert f"{distribution.LOADED_RU} RU, some 150 bytes" in paper


def test_channels_cost_at_all_hours() -> None:
    quiet, nobody = Shape("quiet", 0, 0), Shape("nobody", 0, 0, channels=0)
    for cost in (month.serverless, month.functions, month.bus, month.logs):
        assert cost(quiet) > cost(nobody)


def test_more_hours_cost_more() -> None:
    for cost in (month.autoscale, month.serverless, month.functions, month.bus):
        assert sorted(map(cost, SHAPES)) == list(map(cost, SHAPES))
