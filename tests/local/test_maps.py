"""Mappings from foreign lines to create bodies."""

import json
from pathlib import Path

import pytest

from local.maps import BadMap, Map

LINE = {"key": "AW1", "firstName": "Jon", "city": "Reno", "orders": 0, "prefix": None}


def test_fields_take_the_place_of_their_names() -> None:
    template = {"firstName": "$firstName", "title": "$prefix", "customerType": "Person",
                "attributes": {"orders": "$orders"},
                "addresses": [{"city": "$city", "country": "US"}],
                "contacts": [{"kind": "email", "value": "$email"}]}  # fmt: skip
    body = Map(None, template).body(LINE, "USRT")

    assert body == {
        "firstName": "Jon", "customerType": "Person", "attributes": {"orders": 0},
        "addresses": [{"city": "Reno", "country": "US"}],
    }  # fmt: skip


def test_a_key_is_always_the_same_guid_and_another_in_another_company() -> None:
    map_ = Map("aw:$key", {"firstName": "$firstName"})

    assert map_.body(LINE, "USRT")["id"] == map_.body(LINE | {"city": "x"}, "USRT")["id"]
    assert map_.body(LINE, "USRT")["id"] != map_.body(LINE, "FRRT")["id"]


def test_a_line_without_its_key_gets_no_guid_of_it() -> None:
    assert "id" not in Map("aw:$key", {"firstName": "$firstName"}).body({"firstName": "A"}, "USRT")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"customer": 5}'])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(BadMap):
        Map.read(path)


def test_the_included_mapping_is_one() -> None:
    path = Path(__file__).parents[2] / "local" / "maps" / "adventureworks.json"

    assert Map.read(path).key == "adventureworks:$key"
    assert json.loads(path.read_text())["description"]
