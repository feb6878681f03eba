"""Routing as the real host does it."""

import pytest

from local.host.routes import BadRoute, Table, decoded_path


def a_table(*routes: tuple[str, str, str]) -> Table:
    table = Table()
    for name, method, route in routes:
        table.add(name, route, [method], name)
    return table


@pytest.mark.parametrize(
    ("route", "path", "values"),
    [
        ("orders/{id}", "/api/orders/7", {"id": "7"}),
        ("orders/{id}", "/API/Orders/7/", {"id": "7"}),
        ("orders/{id}", "/api/orders", None),
        ("orders/{id}", "/api/orders/7/8", None),
        ("orders/{id:int}", "/api/orders/x", None),
        ("orders/{id:int}", "/api/orders/99999999999", None),
        ("orders/{id:guid}", "/api/orders/3f0c0000-0000-4000-8000-000000000000",
         {"id": "3f0c0000-0000-4000-8000-000000000000"}),
        ("orders/{id:length(3)}", "/api/orders/abcd", None),
        ("orders/{id?}", "/api/orders", {}),
        ("files/{*rest}", "/api/files/a/b/c", {"rest": "a/b/c"}),
        ("files/{*rest}", "/api/files", {}),
        ("a.b/{id}", "/api/aXb/1", None),
    ],
)  # fmt: skip
def test_a_template_matches(route: str, path: str, values: dict[str, str] | None) -> None:
    found = a_table(("f", "GET", route)).find("GET", path)

    assert (found and found[1]) == values


def test_the_first_function_by_name_takes_the_request() -> None:
    table = a_table(("search_orders", "GET", "orders/search"), ("get_order", "GET", "orders/{id}"))

    assert table.find("GET", "/api/orders/search") == ("get_order", {"id": "search"})
    [(first, second)] = table.overlaps()
    assert (first.name, second.name) == ("get_order", "search_orders")


def test_a_constraint_ends_the_overlap() -> None:
    table = a_table(
        ("get_order", "GET", "orders/{id:guid}"), ("search_orders", "GET", "orders/search")
    )

    assert table.find("GET", "/api/orders/search") == ("search_orders", {})
    assert table.overlaps() == []


def test_a_wrong_method_finds_nothing() -> None:
    assert a_table(("f", "GET", "x")).find("POST", "/api/x") is None


@pytest.mark.parametrize("route", ["admin/x", "Runtime", "x/{id:uuid}", "x/{bad"])
def test_a_route_the_host_refuses_is_refused(route: str) -> None:
    with pytest.raises(BadRoute):
        a_table(("f", "GET", route))


def test_a_slash_in_a_value_stays_encoded() -> None:
    assert decoded_path(b"/api/x/a%2Fb%20c%C3%BC?q=1") == "/api/x/a%2Fb cü"
