"""The conditions of CHECK constraints, as each vendor writes them, read into a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from pytest_prodready.rules.database.check_cursor import Cursor, NotUnderstoodError
from pytest_prodready.rules.database.check_nodes import (
    AllOf,
    Array,
    Call,
    Cast,
    Column,
    Compare,
    IsNull,
    Like,
    Literal,
    Node,
    Not,
    OneOf,
    Opaque,
    any_of,
    bare,
)
from pytest_prodready.rules.database.check_tokens import Token, tokens


@dataclass(frozen=True)
class Condition:
    """One condition that was read."""

    tree: Node
    columns: frozenset[str] = field(default_factory=frozenset)
    """That it mentions, in lower case."""


def parse(text: str, dialect: str, columns: Iterable[str]) -> Condition:
    """The condition ``text`` as a tree; what is not understood is :class:`Opaque` in it.

    Args:
        text: as the database writes it.
        dialect: of the database; strings and names are written in different ways.
        columns: of the table, whatever their case.
    """
    known = frozenset(name.lower() for name in columns)
    found = tokens(text, dialect)
    mentioned = {
        token.text.lower()
        for before, token, after in zip([None, *found], found, [*found[1:], None], strict=False)
        if token.kind == "quoted"
        or (token.kind == "name" and not _is_type(before) and (after is None or after.text != "("))
    }
    reader = _Reader(found, dialect, known)
    try:
        tree = reader.condition()
        if not reader.ended:
            tree = Opaque()
    except (NotUnderstoodError, RecursionError):
        tree = Opaque()
    return Condition(tree, known & mentioned)


def _is_type(before: Token | None) -> bool:
    """Whether what follows ``before`` is the name of a type."""
    return before is not None and (before.text == "::" or before.text.lower() == "as")


_COMPARISONS = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LIKES = {"~~": (False, False), "!~~": (True, False), "~~*": (False, True), "!~~*": (True, True)}
_ARITHMETIC = frozenset(
    ["+", "-", "*", "/", "%", "||", "&", "|", "#", "->", "->>", "@>", "&&", "~", "!~", "~*", "!~*"]
)


class _Reader(Cursor):
    """Reads tokens from the loosest operator to the tightest."""

    def __init__(self, found: list[Token], dialect: str, columns: frozenset[str]) -> None:
        super().__init__(found)
        self._dialect = dialect
        self._columns = columns

    def condition(self) -> Node:
        parts = [self._conjunction()]
        while self.word("or"):
            parts.append(self._conjunction())
        return any_of(parts)

    def _conjunction(self) -> Node:
        parts = [self._negation()]
        while self.word("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _negation(self) -> Node:
        if self.word("not") or self.operator("!"):
            return Not(self._negation())
        return self._comparison()

    def _comparison(self) -> Node:
        left = self._operand()
        while True:
            token = self.peek()
            if token is None:
                return left
            if token.kind == "operator" and token.text in _COMPARISONS:
                self.at += 1
                left = self._compared(left, _COMPARISONS[token.text])
            elif token.kind == "operator" and token.text == "<@":
                self.at += 1
                left = Compare("<@", left, self._operand())
            elif token.kind == "operator" and token.text in _LIKES:
                self.at += 1
                negated, folds = _LIKES[token.text]
                found: Node = Like(left, self._operand(), folds)
                left = Not(found) if negated else found
            elif token.kind == "name":
                ahead = self._predicate(left)
                if ahead is None:
                    return left
                left = ahead
            else:
                return left

    def _compared(self, left: Node, operator: str) -> Node:
        if self.word("any") or self.word("some"):
            quantifier = "any"
        elif self.word("all"):
            quantifier = "all"
        else:
            return Compare(operator, left, self._operand())
        self.must("(")
        right = self.condition()
        self.must(")")
        right = bare(right)
        if isinstance(right, Literal) and isinstance(right.value, str):
            right = _array_text(right.value)
        if isinstance(right, Array) and (quantifier, operator) == ("any", "="):
            return OneOf(left, right.items)
        if isinstance(right, Array) and (quantifier, operator) == ("all", "<>"):
            return Not(OneOf(left, right.items))
        return Opaque((left, right))

    def _predicate(self, left: Node) -> Node | None:
        """``[NOT] IN``, ``LIKE``, ``BETWEEN``, and ``IS [NOT] NULL``; ``None`` for another word."""
        begin = self.at
        if self.word("is"):
            negated = self.word("not")
            if self.word("null"):
                return Not(IsNull(left)) if negated else IsNull(left)
            raise NotUnderstoodError
        negated = self.word("not")
        found: Node
        if self.word("in"):
            self.must("(")
            options = [] if self.next_is(")") else self._list()
            self.must(")")
            found = OneOf(left, tuple(options))
        elif self.word("like"):
            found = Like(left, self._operand())
            if self.word("escape"):
                raise NotUnderstoodError
        elif self.word("between"):
            low = self._operand()
            if not self.word("and"):
                raise NotUnderstoodError
            found = AllOf((Compare(">=", left, low), Compare("<=", left, self._operand())))
        elif self.peek_word() in ("regexp", "rlike", "glob", "ilike", "similar", "match"):
            raise NotUnderstoodError
        else:
            self.at = begin
            return None
        return Not(found) if negated else found

    def _list(self) -> list[Node]:
        found = [self.condition()]
        while self.operator(","):
            found.append(self.condition())
        return found

    def _operand(self) -> Node:
        parts = [self._postfix()]
        while (token := self.peek()) and token.kind == "operator" and token.text in _ARITHMETIC:
            self.at += 1
            parts.append(self._postfix())
        return parts[0] if len(parts) == 1 else Opaque(tuple(parts))

    def _postfix(self) -> Node:
        found = self._primary()
        while True:
            if self.operator("::"):
                found = Cast(found, self._type())
            elif self.word("collate"):
                token = self.take()
                name = token.text.lower()
                if self.operator("."):
                    name = self.take().text.lower()
                if name not in ("c", "posix", "default", "binary") and not name.endswith("_bin"):
                    found = Opaque((found,))
            elif self.operator("["):
                raise NotUnderstoodError
            else:
                return found

    def _primary(self) -> Node:
        token = self.take()
        if token.kind == "text":
            return Literal(token.text)
        if token.kind == "number":
            return Literal(_number(token.text))
        if token.kind == "operator":
            return self._sign_or_parenthesis(token.text)
        if token.kind == "quoted":
            return self._name(token)
        word = token.text.lower()
        if self.next_is("("):
            return self._call(word)
        if word in ("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[word])
        if word == "array" and self.operator("["):
            items = [] if self.next_is("]") else self._list()
            self.must("]")
            return Array(tuple(items))
        if word == "case":
            raise NotUnderstoodError
        if word == "binary":
            return self._postfix()
        return self._name(token)

    def _sign_or_parenthesis(self, text: str) -> Node:
        if text == "(":
            found = self.condition()
            if self.operator(","):
                raise NotUnderstoodError
            self.must(")")
            return found
        if text in ("-", "+"):
            found = self._postfix()
            if (
                isinstance(found, Literal)
                and isinstance(found.value, (int, Decimal))
                and found.value is not True
            ):
                return Literal(-found.value if text == "-" else found.value)
            return Opaque((found,))
        raise NotUnderstoodError

    def _name(self, token: Token) -> Node:
        found = token
        while self.operator("."):  # schema, table, column
            found = self.take()
        if found.text.lower() in self._columns:
            return Column(found.text.lower())
        if self._dialect == "sqlite" and found.mark == '"' and found is token:
            return Literal(found.text)  # what SQLite makes of a name in quotes that no column has
        return Opaque()

    def _call(self, word: str) -> Node:
        self.must("(")
        if word in ("cast", "convert"):
            operand = self.condition()
            if self.word("using"):
                self.take()
                kind = "text"
            elif self.word("as") or self.operator(","):
                kind = self._type()
            else:
                raise NotUnderstoodError
            self.must(")")
            return Cast(operand, kind)
        arguments = [] if self.next_is(")") else self._list()
        self.must(")")
        return Call(word, tuple(arguments))

    def _type(self) -> str:
        """The name of a type, without its length; ``[]`` stays."""
        words: list[str] = []
        while (token := self.peek()) and token.kind in ("name", "quoted"):
            if (
                token.kind == "name"
                and words
                and token.text.lower() in ("and", "or", "is", "in", "not", "like", "collate")
            ):
                break
            words.append(token.text.lower())
            self.at += 1
            if self.operator("."):
                words.clear()
        if not words:
            raise NotUnderstoodError
        if self.operator("("):
            while not self.operator(")"):
                self.take()
            words.append("()")
        while self.operator("["):
            self.must("]")
            words.append("[]")
        return " ".join(words)


def _array_text(text: str) -> Node:
    """PostgreSQL's ``'{a,b}'``."""
    if not re.fullmatch(r'\{(?:[^{}\\"]|"(?:[^"\\]|\\.)*")*\}', text, re.DOTALL):
        return Opaque()
    items = re.findall(r'"((?:[^"\\]|\\.)*)"|([^,"]+)', text[1:-1], re.DOTALL)
    return Array(
        tuple(
            Literal(
                None
                if plain.strip().upper() == "NULL"
                else plain.strip() or re.sub(r"\\(.)", r"\1", in_quotes, flags=re.DOTALL)
            )
            for in_quotes, plain in items
        )
    )


def _number(text: str) -> int | Decimal:
    return int(text) if text.isdigit() else Decimal(text)
