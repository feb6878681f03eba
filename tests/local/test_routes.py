"""Routing as the real host does it."""

import pytest

from local.host.routing.table import BadRoute, Table


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


# Each of them takes the real host down, with all functions.
@pytest.mark.parametrize(
    "route",
    [
        "admin/x", "Runtime", "x/{id:uuid}", "x/{bad", "x/bad}", "/x", "{x}{y}", "{x}/{x}",
        "{x}/{X}",
        "{*x}/y", "a{*x}", "a?b", "a//b", "{x:regex(^a{2}$)}", "{x:length(a)}", "{x:length()}",
        "{x:range(1)}", "{x:min(1,2)}", "{*x?}", "{}", "{x y}",
    ],
)  # fmt: skip
def test_a_route_the_host_refuses_is_refused(route: str) -> None:
    with pytest.raises(BadRoute):
        a_table(("f", "GET", route))


@pytest.mark.parametrize(
    ("constraint", "taken", "refused"),
    [
        ("int", [" 7", "007", "+7", "-2147483648"], ["2147483648", "٣", "7.0", ""]),
        ("long", ["9223372036854775807"], ["9223372036854775808"]),
        ("guid", ["{3f0c0000-0000-4000-8000-000000000000}", "3F0C0000000040008000000000000000"],
         ["urn:uuid:3f0c0000-0000-4000-8000-000000000000", "3f0c-0000", "{3f0c0000"]),
        ("bool", ["True", " false"], ["1", "yes"]),
        ("length(2,3)", ["ab", "abc"], ["a", "abcd"]),
        ("min(5)", ["5", "99"], ["4", "x"]),
        ("max(5)", ["5", "-99"], ["6"]),
        ("range(1,9)", ["1", "9"], ["0", "10"]),
        ("float", ["1.5", "1e3", "-.5"], ["x", "1,5"]),
        ("double", ["1.5"], ["x"]),
        ("decimal", ["1.5"], ["1e3", "x", "79228162514264337593543950336"]),
        ("datetime", ["2026-11-29", "2026-11-29T10:00:00"], ["soon", "2026-13-01"]),
        ("required", ["x"], []),
        ("alpha", ["abc"], ["a1"]),
        ("regex(^a{{2}}$)", ["aa", "AA"], ["a", "aaa"]),
    ],
)  # fmt: skip
def test_constraints_read_values_as_the_host_does(
    constraint: str, taken: list[str], refused: list[str]
) -> None:
    table = a_table(("f", "GET", f"x/{{id:{constraint}}}"))
    found = {value: table.find("GET", f"/api/x/{value}") for value in (*taken, *refused)}

    assert [value for value in taken if not found[value]] == []
    assert [value for value in refused if found[value]] == []


@pytest.mark.parametrize(
    ("route", "path", "values"),
    [
        ("{x?}/y", "/api/y", None),
        ("{x?}/y", "/api/1/y", {"x": "1"}),
        ("a/{x=7}", "/api/a", {"x": "7"}),
        ("a/{x=7}", "/api/a/8", {"x": "8"}),
        ("{a}.{b}", "/api/x.y.z", {"a": "x.y", "b": "z"}),
        ("{a}.{b}", "/api/xy", None),
        ("a/{b?}/{c?}", "/api/a", {}),
        ("a/{b?}/{c?}", "/api/a/1", {"b": "1"}),
        ("x{{y}}", "/api/x{y}", {}),
    ],
)
def test_segments_are_read_as_the_host_does(
    route: str, path: str, values: dict[str, str] | None
) -> None:
    found = a_table(("f", "GET", route)).find("GET", path)

    assert (found and found[1]) == values


def test_letters_come_before_the_underscore() -> None:
    """As the host compares names: by their upper case."""
    table = a_table(("list_a", "GET", "{x}"), ("lista", "GET", "{y}"))

    assert table.find("GET", "/api/1") == ("lista", {"y": "1"})
