"""What the condition of a CHECK constraint is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True)
class Column:
    """A column of the table; a domain's ``VALUE`` is one, too."""

    name: str


@dataclass(frozen=True)
class Literal:
    """A constant; ``None`` is NULL."""

    value: str | int | Decimal | bool | None


@dataclass(frozen=True)
class Cast:
    """``operand::type``, without the type's length."""

    operand: Node
    type: str


@dataclass(frozen=True)
class Call:
    """A function."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Compare:
    """``=``, ``<>``, ``<``, ``<=``, ``>``, ``>=``, and PostgreSQL's ``<@``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class OneOf:
    """``operand IN (options)``, in any of its forms."""

    operand: Node
    options: tuple[Node, ...]


@dataclass(frozen=True)
class Like:
    """``operand LIKE pattern``."""

    operand: Node
    pattern: Node
    folds: bool = False
    """``ILIKE``."""


@dataclass(frozen=True)
class IsNull:
    """``operand IS NULL``."""

    operand: Node


@dataclass(frozen=True)
class Not:
    """``NOT part``."""

    part: Node


@dataclass(frozen=True)
class AllOf:
    """``AND``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    """``OR``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Array:
    """``ARRAY[…]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Opaque:
    """Something that is not understood; the columns in it are known."""

    parts: tuple[Node, ...] = ()


Node: TypeAlias = (
    "Column | Literal | Cast | Call | Compare | OneOf | Like | IsNull | Not | AllOf | AnyOf | Array | Opaque"
)


def parts_of(tree: Node) -> Iterator[Node]:
    """A tree's own parts."""
    if isinstance(tree, (AllOf, AnyOf, Opaque)):
        yield from tree.parts
    elif isinstance(tree, Compare):
        yield from (tree.left, tree.right)
    elif isinstance(tree, OneOf):
        yield from (tree.operand, *tree.options)
    elif isinstance(tree, Like):
        yield from (tree.operand, tree.pattern)
    elif isinstance(tree, Not):
        yield tree.part
    elif isinstance(tree, (Cast, IsNull)):
        yield tree.operand
    elif isinstance(tree, Call):
        yield from tree.arguments
    elif isinstance(tree, Array):
        yield from tree.items


def bare(node: Node) -> Node:
    """A node without the casts around it."""
    while isinstance(node, Cast):
        node = node.operand
    return node


def any_of(parts: list[Node]) -> Node:
    """``OR`` of ``parts``; a chain of comparisons of one operand is one list."""
    found: list[Node] = []
    options: dict[Node, list[Node]] = {}
    for part in parts:
        for one in part.parts if isinstance(part, AnyOf) else (part,):
            operand, some = _options(one)
            if operand is None:
                found.append(one)
                continue
            if operand not in options:
                options[operand] = []
                found.append(OneOf(operand, ()))  # keeps the place
            options[operand] += some
    whole = [
        OneOf(one.operand, tuple(options[one.operand]))
        if isinstance(one, OneOf) and not one.options and one.operand in options
        else one
        for one in found
    ]
    return whole[0] if len(whole) == 1 else AnyOf(tuple(whole))


def _options(part: Node) -> tuple[Node | None, tuple[Node, ...]]:
    if isinstance(part, OneOf):
        return part.operand, part.options
    if isinstance(part, Compare) and part.operator == "=" and isinstance(bare(part.left), Column):
        return part.left, (part.right,)
    return None, ()
