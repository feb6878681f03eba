"""docs/cost.md says what comes out of what it is made from."""

import re

import pytest

from shared.platform.topology import containers
from tests.infra.stands import ROOT
from tools.cost import distribution, month, small
from tools.cost.deployed import deployment, feeds, ticks_an_hour
from tools.cost.month import SHAPES, Shape
from tools.cost.page import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tools.cost"


def test_what_has_a_price_is_read_from_the_bicep() -> None:
    production, development = deployment("production"), deployment("development")

    assert production.maxima.keys() == containers().keys()
    assert min(production.maxima.values()) == 1_000
    assert set(development.maxima.values()) == {0}, "serverless"
    assert (production.always_ready, development.always_ready) == (5, 0)
    assert (production.telemetry_share, development.telemetry_share) == (0.05, 1.0)
    assert (production.instance_gb, production.http_concurrency) == (2.0, 16)
    assert not production.logs_requests
    assert production.endpoints == 0
    assert deployment("private").endpoints >= 6
    assert production.metric_alarms > 5
    assert set(production.log_alarms) == {"PT5M", "PT15M", "PT1H"}


def test_serverless_does_not_carry_the_peak() -> None:
    """5,000 RU/s of a container are what Microsoft says."""
    name, needed = small.fullest()
    carried = small.fitting()
    rest = distribution.at_rest(month.STORES)

    assert (name, small.LIMIT) == ("directory", 5_000.0)
    assert needed > small.LIMIT
    assert 0.5 < carried < 1
    for container, used in month.at_the_peak().items():
        assert used * carried + rest.get(container, 0) <= small.LIMIT + 1e-6, container


def test_feeds_and_timers_are_counted_as_the_page_of_functions_lists_them() -> None:
    """Seven timers are due each minute, one each five minutes, two each hour, two at night."""
    page = (ROOT / "docs" / "functions.md").read_text()

    assert ticks_an_hour() == 7 * 60 + 12 + 2
    followed = re.findall(r"\| change feed of `(\w+)` \|", page)
    assert feeds() == len(followed)
    assert feeds("customers") == followed.count("customers") > 1


def test_private_networking_takes_the_place_of_the_standard_bus() -> None:
    by_shape = [month.private(shape) for shape in SHAPES]
    premium = month.HOURS * month.PRICES["Service Bus Premium, a unit for an hour"]

    assert by_shape == sorted(by_shape, reverse=True), "the more messages, the less is added"
    assert by_shape[0] < premium + month.HOURS * 0.01 * 7 - 10


@pytest.mark.parametrize("channels", [month.STORES, 500])
def test_the_peak_fits_into_the_maxima(channels: int) -> None:
    rest = distribution.at_rest(channels)
    for name, used in month.at_the_peak(channels).items():
        assert used + rest.get(name, 0) <= month.production().maxima[name], name


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
