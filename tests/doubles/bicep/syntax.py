"""From words to a tree, by recursive descent."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.doubles.bicep import tree
from tests.doubles.bicep.tokens import NotUnderstood, Token, tokens
from tests.doubles.bicep.tree import Declaration, Node

LEVELS = (("??",), ("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/"))
T = TypeVar("T")
CONSTANTS = {"true": True, "false": False, "null": None}

__all__ = ["NotUnderstood", "read"]


def read(path: Path) -> list[Declaration]:
    """Return what the file declares."""
    try:
        return Parser(path.read_text()).declarations()
    except NotUnderstood as exc:
        raise NotUnderstood(f"{path}: {exc}") from None


class Parser:
    def __init__(self, source: str) -> None:
        self._tokens = list(tokens(source))
        self._at = 0

    def declarations(self) -> list[Declaration]:
        found = []
        while self._skip_newlines().kind != "end":
            if self._next_is("@"):
                self._expression()
                continue
            word = self._take("name").text
            if word in ("targetScope", "metadata"):
                self._remark(word)
                continue
            found.append(self._declaration(word))
        return found

    def _remark(self, word: str) -> None:
        if word == "metadata":
            self._take("name")
        self._sign("=")
        self._expression()

    def _declaration(self, word: str) -> Declaration:
        forms: dict[str, Callable[[str], Declaration]] = {
            "param": self._typed,
            "output": self._typed,
            "var": self._variable,
            "resource": self._deployable,
            "module": self._deployable,
        }
        if word not in forms:
            self._give_up()
        return forms[word](word)

    def _typed(self, word: str) -> Declaration:
        name, kind = self._take("name").text, self._take("name").text
        return Declaration(word, name, kind, self._expression() if self._next_is("=") else None)

    def _variable(self, word: str) -> Declaration:
        name = self._take("name").text
        self._sign("=")
        return Declaration(word, name, "", self._expression())

    def _deployable(self, word: str) -> Declaration:
        name, what = self._take("name").text, self._take("text").parts[0][0]
        if self._peek().text == "existing":
            self._take("name")
            word = "existing"
        self._sign("=")
        return Declaration(word, name, what, self._body())

    def _body(self) -> Node:
        if self._peek().text == "if":
            self._take("name")
            self._sign("(")
            condition = self._expression()
            self._sign(")")
            return tree.Condition(condition, self._expression())
        return self._expression()

    def _expression(self) -> Node:
        found = self._binary(0)
        if not self._next_is("?"):
            return found
        yes = self._expression()
        self._sign(":")
        return tree.Choice(found, yes, self._expression())

    def _binary(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._unary()
        found = self._binary(level + 1)
        while self._peek().kind == "sign" and self._peek().text in LEVELS[level]:
            sign = self._take("sign").text
            found = tree.Operation(sign, (found, self._binary(level + 1)))
        return found

    def _unary(self) -> Node:
        for sign in ("!", "-"):
            if self._next_is(sign):
                return tree.Operation(sign, (self._unary(),))
        return self._postfix(self._primary())

    def _postfix(self, found: Node) -> Node:
        while True:
            if self._peek().text in (".", ".?"):
                safe = self._take("sign").text == ".?"
                found = tree.Member(found, tree.Literal(self._take("name").text), safe)
            elif self._peek().text in ("[", "[?"):
                safe = self._take("sign").text == "[?"
                found = tree.Member(found, self._expression(), safe)
                self._sign("]")
            elif not self._next_is("!"):
                return found

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return tree.Literal(int(token.text))
        if token.kind == "text":
            return _text(token)
        if token.kind == "name":
            return self._named(token.text)
        forms = {"(": self._parenthesis, "[": self._array, "{": self._record}
        if token.text not in forms:
            self._give_up()
        return forms[token.text]()

    def _named(self, word: str) -> Node:
        if word in CONSTANTS:
            return tree.Literal(CONSTANTS[word])
        if self._next_is("=>"):
            return tree.Lambda((word,), self._expression())
        if not self._next_is("("):
            return tree.Name(word)
        return tree.Call(word, tuple(self._until(")", self._expression)))

    def _parenthesis(self) -> Node:
        found = self._expression()
        self._sign(")")
        return found

    def _array(self) -> Node:
        if self._skip_newlines().text == "for":
            return self._loop()
        return tree.Array(tuple(self._until("]", self._expression)))

    def _loop(self) -> Node:
        self._take("name")
        names = (
            tuple(self._until(")", lambda: self._take("name").text))
            if self._next_is("(")
            else (self._take("name").text,)
        )
        if self._take("name").text != "in":
            self._give_up()
        source = self._expression()
        self._sign(":")
        body = self._body()
        self._skip_newlines()
        self._sign("]")
        return tree.Loop(names, source, body)

    def _record(self) -> Node:
        return tree.Record(tuple(self._until("}", self._field)))

    def _field(self) -> tuple[Node, Node]:
        token = self._take()
        key = _text(token) if token.kind == "text" else tree.Literal(token.text)
        self._sign(":")
        return key, self._expression()

    def _until(self, closing: str, one: Callable[[], T]) -> list[T]:
        found = []
        while self._skip_newlines().text != closing:
            found.append(one())
            if self._skip_newlines().text == ",":
                self._take()
        self._take()
        return found

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _skip_newlines(self) -> Token:
        while self._peek().kind == "newline":
            self._at += 1
        return self._peek()

    def _take(self, kind: str | None = None) -> Token:
        token = self._peek()
        if kind and token.kind != kind:
            self._give_up()
        self._at += 1
        return token

    def _next_is(self, sign: str) -> bool:
        """Take the sign if it comes next."""
        found = self._peek().kind == "sign" and self._peek().text == sign
        self._at += found
        return found

    def _sign(self, sign: str) -> None:
        if not self._next_is(sign):
            self._give_up()

    def _give_up(self) -> None:
        token = self._peek()
        raise NotUnderstood(f"line {token.line}: near {token.text!r}")


def _text(token: Token) -> Node:
    parts = tuple(
        Parser(part)._expression() if is_code else tree.Literal(part)
        for part, is_code in token.parts
    )
    return parts[0] if len(parts) == 1 else tree.Text(parts)
