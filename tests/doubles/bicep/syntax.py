"""Parses the tokens of a Bicep file to a tree, by recursive descent."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.doubles.bicep import tree
from tests.doubles.bicep.tokens import NotSupported, Token, tokens
from tests.doubles.bicep.tree import Declaration, Node

LEVELS = (("??",), ("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/"))
T = TypeVar("T")
CONSTANTS = {"true": True, "false": False, "null": None}

__all__ = ["NotSupported", "read"]


def read(path: Path) -> list[Declaration]:
    """Return the declarations of the file."""
    try:
        return Parser(path.read_text()).declarations()
    except NotSupported as exc:
        raise NotSupported(f"{path}: {exc}") from None


class Parser:
    def __init__(self, source: str) -> None:
        self._tokens = list(tokens(source))
        self._at = 0

    def declarations(self) -> list[Declaration]:
        declarations = []
        while self._skip_newlines().kind != "end":
            if self._next_is("@"):
                self._expression()
                continue
            word = self._take("name").text
            if word in ("targetScope", "metadata"):
                self._skip_statement(word)
                continue
            declarations.append(self._declaration(word))
        return declarations

    def _skip_statement(self, word: str) -> None:
        if word == "metadata":
            self._take("name")
        self._expect("=")
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
            self._refuse()
        return forms[word](word)

    def _typed(self, word: str) -> Declaration:
        name, kind = self._take("name").text, self._take("name").text
        return Declaration(word, name, kind, self._expression() if self._next_is("=") else None)

    def _variable(self, word: str) -> Declaration:
        name = self._take("name").text
        self._expect("=")
        return Declaration(word, name, "", self._expression())

    def _deployable(self, word: str) -> Declaration:
        name, target = self._take("name").text, self._take("text").parts[0][0]
        if self._peek().text == "existing":
            self._take("name")
            word = "existing"
        self._expect("=")
        return Declaration(word, name, target, self._body())

    def _body(self) -> Node:
        if self._peek().text == "if":
            self._take("name")
            self._expect("(")
            condition = self._expression()
            self._expect(")")
            return tree.Condition(condition, self._expression())
        return self._expression()

    def _expression(self) -> Node:
        condition = self._binary(0)
        if not self._next_is("?"):
            return condition
        yes = self._expression()
        self._expect(":")
        return tree.Choice(condition, yes, self._expression())

    def _binary(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek().kind == "sign" and self._peek().text in LEVELS[level]:
            sign = self._take("sign").text
            left = tree.Operation(sign, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Node:
        for sign in ("!", "-"):
            if self._next_is(sign):
                return tree.Operation(sign, (self._unary(),))
        return self._postfix(self._primary())

    def _postfix(self, node: Node) -> Node:
        while True:
            if self._peek().text in (".", ".?"):
                safe = self._take("sign").text == ".?"
                node = tree.Member(node, tree.Literal(self._take("name").text), safe)
            elif self._peek().text in ("[", "[?"):
                safe = self._take("sign").text == "[?"
                node = tree.Member(node, self._expression(), safe)
                self._expect("]")
            elif not self._next_is("!"):
                return node

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return tree.Literal(int(token.text))
        if token.kind == "text":
            return _text(token)
        if token.kind == "name":
            return self._name(token.text)
        forms = {"(": self._parenthesis, "[": self._array, "{": self._record}
        if token.text not in forms:
            self._refuse()
        return forms[token.text]()

    def _name(self, word: str) -> Node:
        if word in CONSTANTS:
            return tree.Literal(CONSTANTS[word])
        if self._next_is("=>"):
            return tree.Lambda((word,), self._expression())
        if not self._next_is("("):
            return tree.Name(word)
        return tree.Call(word, tuple(self._until(")", self._expression)))

    def _parenthesis(self) -> Node:
        expression = self._expression()
        self._expect(")")
        return expression

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
            self._refuse()
        source = self._expression()
        self._expect(":")
        body = self._body()
        self._skip_newlines()
        self._expect("]")
        return tree.Loop(names, source, body)

    def _record(self) -> Node:
        return tree.Record(tuple(self._until("}", self._field)))

    def _field(self) -> tuple[Node, Node]:
        token = self._take()
        key = _text(token) if token.kind == "text" else tree.Literal(token.text)
        self._expect(":")
        return key, self._expression()

    def _until(self, closing: str, parse: Callable[[], T]) -> list[T]:
        items = []
        while self._skip_newlines().text != closing:
            items.append(parse())
            if self._skip_newlines().text == ",":
                self._take()
        self._take()
        return items

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _skip_newlines(self) -> Token:
        while self._peek().kind == "newline":
            self._at += 1
        return self._peek()

    def _take(self, kind: str | None = None) -> Token:
        token = self._peek()
        if kind and token.kind != kind:
            self._refuse()
        self._at += 1
        return token

    def _next_is(self, sign: str) -> bool:
        """Take the sign if it comes next."""
        matches = self._peek().kind == "sign" and self._peek().text == sign
        self._at += matches
        return matches

    def _expect(self, sign: str) -> None:
        if not self._next_is(sign):
            self._refuse()

    def _refuse(self) -> None:
        token = self._peek()
        raise NotSupported(f"line {token.line}: near {token.text!r}")


def _text(token: Token) -> Node:
    parts = tuple(
        Parser(part)._expression() if is_code else tree.Literal(part)
        for part, is_code in token.parts
    )
    return parts[0] if len(parts) == 1 else tree.Text(parts)
