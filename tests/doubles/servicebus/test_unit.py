"""Codec and filters, no network."""
import uuid
import pytest
from tests.doubles.servicebus import filters
from tests.doubles.servicebus.codec import *  # noqa: F403
from tests.doubles.servicebus import codec as c

VALUES = [None, True, False, 0, 1, -1, 127, 128, -129, 2**40, UInt(0), UInt(255), UInt(256), ULong(0), ULong(77), ULong(2**63), Int(-5), Int(70000),
          UByte(3), Byte(-3), UShort(9), Short(-9), Timestamp(123456789012), 1.5, "x" * 3, "é" * 200, Symbol("abc"), b"q" * 300, uuid.uuid4(), [],
          [1, [2, "x"]], list(range(300)), {Symbol("a"): 1, "b": [None]}, Array([Symbol("a"), Symbol("b")]), Array([1, 2]), Array([Timestamp(5)]),
          Array([uuid.uuid4()]), Described(ULong(0x28), ["a", None])]

@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_codec_round_trip(value):
    data = encode(value)
    back, end = decode(data)
    assert back == value and type(back) is type(value) and end == len(data) == skip(data, 0)

def message(subject=None, **app):
    m = c.Message.parse(encode_message("x", [None] * 3 + [subject], app))
    return m

@pytest.mark.parametrize("sql, app, expected", [
    ("a = 1", {"a": 1}, True), ("a = 1", {}, False), ("NOT a = 1", {}, False), ("a <> 1 OR b = 'x'", {"b": "x"}, True),
    ("a IN (1, 2, 3)", {"a": 2}, True), ("a NOT IN (1, 2)", {"a": 3}, True), ("n LIKE 'ab%'", {"n": "abc"}, True), ("n NOT LIKE '_b'", {"n": "ab"}, False),
    ("a IS NULL", {}, True), ("a IS NOT NULL AND a > 2.5", {"a": 3}, True), ("EXISTS(a)", {"a": 0}, True), ("sys.Label = 's'", {}, True),
    ("user.a = 'it''s'", {"a": "it's"}, True), ("(a = 1 OR a = 2) AND b = TRUE", {"a": 2, "b": True}, True), ("[odd name] = 1", {"odd name": 1}, True),
    ("a = -1", {"a": -1}, True), ("A = 1", {"a": 1}, True), ("a = 'x'", {"a": 1}, False), ("a > 'x'", {"a": 1}, False), ("flag", {"flag": True}, True)])
def test_sql(sql, app, expected):
    assert (filters.sql(sql)(message("s", **app)) is True) is expected

@pytest.mark.parametrize("bad", ["a =", "a = 1 b", "a ~ 1", "(a = 1", "IN (1)"])
def test_bad_sql(bad):
    with pytest.raises(ValueError):
        filters.sql(bad)
