"""Subscription rules: true/false, correlation and a useful subset of SQL filters.

SQL subset: = <> != < <= > >=, AND OR NOT, ( ), IN (...), LIKE, IS [NOT] NULL, EXISTS(x), literals
('text', 12, 1.5, TRUE, FALSE), user properties (name, user.name, [odd name]) and sys.Label / sys.MessageId ...
Unknown (NULL) follows three-valued logic, as in Service Bus: a rule matches only when it is TRUE.
"""
from __future__ import annotations

import re
from typing import Any, Callable

from tests.doubles.servicebus import codec as c

Predicate = Callable[[c.Message], Any]

_SYSTEM = {
    "messageid": c.P_MESSAGE_ID, "correlationid": c.P_CORRELATION_ID, "label": c.P_SUBJECT, "subject": c.P_SUBJECT,
    "to": c.P_TO, "replyto": c.P_REPLY_TO, "sessionid": c.P_GROUP_ID, "contenttype": c.P_CONTENT_TYPE,
    "replytosessionid": c.P_REPLY_GROUP,
}
_CORRELATION = {
    "message_id": c.P_MESSAGE_ID, "correlation_id": c.P_CORRELATION_ID, "subject": c.P_SUBJECT, "label": c.P_SUBJECT,
    "to": c.P_TO, "reply_to": c.P_REPLY_TO, "session_id": c.P_GROUP_ID, "content_type": c.P_CONTENT_TYPE,
    "reply_to_session_id": c.P_REPLY_GROUP,
}
_TOKEN = re.compile(r"""\s*(?:
    (?P<num>\d+\.\d+|\d+) | (?P<str>'(?:[^']|'')*') | (?P<op><>|!=|<=|>=|=|<|>|\(|\)|,|-) |
    (?P<name>\[[^\]]+\]|[A-Za-z_][\w.\-]*) )""", re.VERBOSE)
_COMPARE = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}


def always(_: c.Message) -> bool:
    return True


def never(_: c.Message) -> bool:
    return False


def correlation(properties: dict[str, Any] | None = None, **system: Any) -> Predicate:
    fields = [(_CORRELATION[name], value) for name, value in system.items() if value is not None]
    wanted = dict(properties or {})

    def match(message: c.Message) -> bool:
        return (all(message.properties[index] == value for index, value in fields)
                and all(message.app_properties.get(key) == value for key, value in wanted.items()))
    return match


def sql(expression: str) -> Predicate:
    parser = _Parser(expression)
    predicate = parser.disjunction()
    parser.expect(None)
    return predicate


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        pos, text = 0, text.strip()
        while pos < len(text):
            match = _TOKEN.match(text, pos)
            if not match:
                raise ValueError(f"SQL filter: cannot read {text[pos:]!r}")
            self.tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
            pos = match.end()
        self.index = 0

    def peek(self) -> str | None:
        return self.tokens[self.index][1].upper() if self.index < len(self.tokens) else None

    def take(self, *wanted: str) -> bool:
        if self.peek() in wanted and self.tokens[self.index][0] != "str":
            self.index += 1
            return True
        return False

    def expect(self, token: str | None) -> None:
        if token is None and self.peek() is None:
            return
        if token is None or not self.take(token):
            raise ValueError(f"SQL filter: expected {token or 'the end'}, got {self.peek()!r}")

    def disjunction(self) -> Predicate:
        left = self.conjunction()
        while self.take("OR"):
            left = _three_valued(left, self.conjunction(), absorbing=True)
        return left

    def conjunction(self) -> Predicate:
        left = self.negation()
        while self.take("AND"):
            left = _three_valued(left, self.negation(), absorbing=False)
        return left

    def negation(self) -> Predicate:
        if self.take("NOT"):
            return _not(self.negation())
        return self.comparison()

    def comparison(self) -> Predicate:
        if self.take("("):
            inner = self.disjunction()
            self.expect(")")
            return inner
        if self.take("EXISTS"):
            self.expect("(")
            operand = self.operand()
            self.expect(")")
            return lambda m: operand(m) is not None
        left = self.operand()
        if self.take("IS"):
            negate = self.take("NOT")
            self.expect("NULL")
            return lambda m: (left(m) is None) != negate
        negate = self.take("NOT")
        if self.take("IN"):
            self.expect("(")
            choices = [self.operand()]
            while self.take(","):
                choices.append(self.operand())
            self.expect(")")
            test = _null_safe(left, lambda value, m: any(value == choice(m) for choice in choices))
            return _not(test) if negate else test
        if self.take("LIKE"):
            pattern = self.operand()

            def like(value: Any, m: c.Message) -> bool:
                regex = "".join({"%": ".*", "_": "."}.get(ch, re.escape(ch)) for ch in str(pattern(m)))
                return re.fullmatch(regex, str(value), re.DOTALL) is not None
            return _not(_null_safe(left, like)) if negate else _null_safe(left, like)
        for symbol, compare in _COMPARE.items():
            if self.take(symbol):
                return _comparison(compare, left, self.operand())
        return left                                         # a bare boolean property or TRUE/FALSE

    def operand(self) -> Predicate:
        if self.take("-"):
            inner = self.operand()
            return lambda m: -inner(m)
        if self.index >= len(self.tokens):
            raise ValueError("SQL filter: unexpected end")
        kind, text = self.tokens[self.index]
        self.index += 1
        if kind == "num":
            number = float(text) if "." in text else int(text)
            return lambda m: number
        if kind == "str":
            literal = text[1:-1].replace("''", "'")
            return lambda m: literal
        if kind != "name":
            raise ValueError(f"SQL filter: unexpected {text!r}")
        if text.upper() in ("TRUE", "FALSE", "NULL"):
            constant = {"TRUE": True, "FALSE": False, "NULL": None}[text.upper()]
            return lambda m: constant
        scope, _, name = text.partition(".")
        if scope.lower() == "sys" and name:
            index = _SYSTEM[name.lower()]
            return lambda m: m.properties[index]
        key = name if scope.lower() == "user" and name else text
        key = key[1:-1] if key.startswith("[") else key

        def lookup(m: c.Message) -> Any:                    # property names are case-insensitive in SQL filters
            if key in m.app_properties:
                return m.app_properties[key]
            return next((v for k, v in m.app_properties.items() if k.lower() == key.lower()), None)
        return lookup


def _comparison(compare: Callable[[Any, Any], bool], left: Predicate, right: Predicate) -> Predicate:
    def check(message: c.Message) -> Any:
        a, b = left(message), right(message)
        if a is None or b is None:
            return None
        try:
            return compare(a, b)
        except TypeError:
            return None
    return check


def _null_safe(operand: Predicate, test: Callable[[Any, c.Message], bool]) -> Predicate:
    def check(message: c.Message) -> Any:
        value = operand(message)
        return None if value is None else test(value, message)
    return check


def _not(inner: Predicate) -> Predicate:
    def negate(message: c.Message) -> Any:
        value = inner(message)
        return None if value is None else not value
    return negate


def _three_valued(left: Predicate, right: Predicate, absorbing: bool) -> Predicate:
    def combine(message: c.Message) -> Any:
        a, b = left(message), right(message)
        if a is absorbing or b is absorbing:
            return absorbing
        return None if a is None or b is None else not absorbing
    return combine
