"""Would a CHECK let a value pass? Evaluated as SQL does it, where that is known for sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from pytest_prodready.rules.database.check_equality import UNKNOWN, Equality, Listed, Value
from pytest_prodready.rules.database.check_nodes import (
    AllOf,
    AnyOf,
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
    bare,
    parts_of,
)
from pytest_prodready.rules.database.checks import Condition
from pytest_prodready.rules.database.sql import MYSQL

_TEXT = re.compile(r"(text|citext|bpchar|char|character|varchar|character varying|nchar|name|nvarchar)\b.*")
_WHOLE = ("integer", "int", "bigint", "smallint", "signed", "unsigned", "int2", "int4", "int8")


class Check:
    """A condition on one column, for the database and the collation that it has.

    Args:
        condition: read by :func:`pytest_prodready.rules.database.checks.parse`.
        column: whose values are judged; ``value`` for a domain.
        dialect: of the database.
        collation: of the column, where the catalogue tells; ``nocase`` in SQLite, ``citext`` in PostgreSQL.
    """

    def __init__(self, condition: Condition, column: str, dialect: str, collation: str = "") -> None:
        self.condition = condition
        self._column = column.lower()
        self._dialect = dialect
        self._collation = collation.lower()
        self._equality = Equality(dialect, collation)
        self._listed: dict[int, Listed] = {}

    def accepts(self, value: str | int | tuple[str, ...]) -> bool | None:
        """Whether the value may be written; ``None`` where that cannot be told.

        A value of an array column is a tuple of one element.
        """
        found = self._value(self.condition.tree, value)
        if found is UNKNOWN:
            return None
        return found is None or (found is not False and found != 0)  # CHECK lets NULL pass

    @cached_property
    def listed(self) -> tuple[str | int, ...]:
        """The values that the condition names as ones that the column may have, in its order."""
        return tuple(dict.fromkeys(self._named(self.condition.tree)))

    @cached_property
    def understood(self) -> bool:
        """Whether nothing in the condition is beyond what is read here."""
        return not any(isinstance(node, Opaque) for node in _nodes(self.condition.tree))

    @cached_property
    def only_lists(self) -> bool:
        """Whether it says no more than which values there are: such a condition can be written anew."""
        tree = self.condition.tree
        parts = tree.parts if isinstance(tree, AnyOf) else (tree,)
        return any(isinstance(part, OneOf) for part in parts) and all(
            isinstance(part, (OneOf, IsNull))
            and self._is_column(part.operand)
            and all(
                isinstance(bare(option), Literal) for option in parts_of(part) if option is not part.operand
            )
            for part in parts
        )

    def _named(self, node: Node) -> Iterator[str | int]:
        if isinstance(node, Not):
            return
        if isinstance(node, OneOf) and self._is_column(node.operand):
            options = node.options
        elif isinstance(node, Compare) and node.operator == "=" and self._is_column(node.left):
            options = (node.right,)
        elif isinstance(node, Compare) and node.operator == "<@" and self._is_column(node.left):
            options = node.right.items if isinstance(node.right, Array) else ()
        else:
            for part in parts_of(node):
                yield from self._named(part)
            return
        for option in options:
            found = self._value(option, "")
            if isinstance(found, (str, int)) and not isinstance(found, bool):
                yield found

    def _is_column(self, node: Node) -> bool:
        found = bare(node)
        return isinstance(found, Column) and found.name == self._column

    def _value(self, node: Node, value: Value) -> Value:
        if isinstance(node, Column):
            return value if node.name == self._column else UNKNOWN
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, (AllOf, AnyOf)):
            return self._joined(node, value)
        if isinstance(node, Not):
            found = self._value(node.part, value)
            return found if found is UNKNOWN or found is None else not found
        if isinstance(node, OneOf):
            return self._one_of(node, value)
        if isinstance(node, Compare):
            return self._compared(node, value)
        if isinstance(node, IsNull):
            found = self._value(node.operand, value)
            return UNKNOWN if found is UNKNOWN else found is None
        if isinstance(node, Like):
            return self._like(node, value)
        if isinstance(node, Cast):
            if node.type == "citext" and self._collation != "citext":
                return UNKNOWN
            return _cast(self._value(node.operand, value), node.type)
        if isinstance(node, Call):
            return self._called(node, value)
        return UNKNOWN

    def _joined(self, node: AllOf | AnyOf, value: Value) -> Value:
        """SQL's logic of three values, with a fourth for what is not known here."""
        decisive = isinstance(node, AnyOf)
        seen: Value = not decisive
        for part in node.parts:
            found = self._value(part, value)
            if found is UNKNOWN:
                seen = UNKNOWN
            elif found is None:
                seen = seen if seen is UNKNOWN else None
            elif bool(found) is decisive:
                return decisive
        return seen

    def _one_of(self, node: OneOf, value: Value) -> Value:
        wanted = self._value(node.operand, value)
        if wanted is None or wanted is UNKNOWN:
            return wanted
        listed = self._listed.get(id(node))
        if listed is None:
            listed = self._listed[id(node)] = Listed(
                [self._value(option, UNKNOWN) for option in node.options]
            )
        return listed.has(wanted, self._equality)

    def _compared(self, node: Compare, value: Value) -> Value:
        left, right = self._value(node.left, value), self._value(node.right, value)
        if node.operator == "<@":
            if isinstance(left, tuple) and isinstance(node.right, Array):
                return self._one_of_items(left[0], node.right, value)
            return UNKNOWN
        if left is UNKNOWN or right is UNKNOWN or isinstance(left, tuple) or isinstance(right, tuple):
            return UNKNOWN
        if left is None or right is None:
            return None
        if node.operator in ("=", "<>"):
            same = self._equality.same(left, right)
            return same if same is UNKNOWN else same is (node.operator == "=")
        if isinstance(left, str) or isinstance(right, str):
            return UNKNOWN  # the order of texts is the collation's
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[node.operator]

    def _one_of_items(self, element: str, array: Array, value: Value) -> Value:
        return Listed([self._value(item, value) for item in array.items]).has(element, self._equality)

    def _like(self, node: Like, value: Value) -> Value:
        operand, pattern = self._value(node.operand, value), self._value(node.pattern, value)
        if operand is None or pattern is None:
            return None
        if not isinstance(operand, str) or not isinstance(pattern, str) or "\\" in pattern:
            return UNKNOWN
        expression = "".join({"%": ".*", "_": "."}.get(one, re.escape(one)) for one in pattern)
        exact = re.fullmatch(expression, operand, re.DOTALL) is not None
        loose = re.fullmatch(expression, operand, re.DOTALL | re.IGNORECASE) is not None
        if self._dialect == "postgresql" and self._equality.exact:
            return loose if node.folds else exact
        return exact if exact == loose and operand.isascii() else UNKNOWN

    def _called(self, node: Call, value: Value) -> Value:
        found = [self._value(argument, value) for argument in node.arguments]
        if node.name == "coalesce":
            return next((one for one in found if one is not None), None)
        if len(found) != 1 or not isinstance(found[0], str):
            return None if len(found) == 1 and found[0] is None else UNKNOWN
        text = found[0]
        if node.name in ("char_length", "character_length"):
            return len(text)
        if node.name in ("length", "len"):
            return len(text.encode()) if self._dialect in MYSQL else len(text)
        if node.name in ("lower", "lcase", "upper", "ucase") and text.isascii():
            return text.lower() if node.name in ("lower", "lcase") else text.upper()
        if node.name in ("trim", "btrim", "rtrim", "ltrim") and not re.search(r"[\s]", text.strip(" ")):
            return {"rtrim": text.rstrip(" "), "ltrim": text.lstrip(" ")}.get(node.name, text.strip(" "))
        return UNKNOWN


def _cast(found: Value, kind: str) -> Value:
    if found is None or found is UNKNOWN:
        return found
    if isinstance(found, str) and _TEXT.fullmatch(kind):
        return found
    if isinstance(found, tuple) and kind.endswith("[]"):
        return found
    if kind.partition(" ")[0] in _WHOLE:
        if isinstance(found, str) and re.fullmatch(r"-?\d+", found):
            return int(found)
        return found if isinstance(found, int) else UNKNOWN
    return UNKNOWN


def _nodes(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(parts_of(one))
