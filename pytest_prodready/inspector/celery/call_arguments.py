"""What a call passes on to a task, as far as its text says it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import NamedTuple

Lookup = Callable[[ast.expr], ast.expr]
"""What a name that is bound once, and used nowhere else, stands for; else the expression itself."""


class Arguments(NamedTuple):
    """What reaches the task."""

    counts: tuple[int, ...] = (0,)
    """How many by position; several where Celery itself decides, as for an errback."""
    more: bool = False
    """Further ones by position, whose number the text does not tell."""
    keywords: tuple[str, ...] = ()
    more_keywords: bool = False
    misuse: str = ""
    """What cannot be passed as ``args`` or ``kwargs``: ``args: a text``; else empty."""
    added: str = ""
    """What Celery puts in front of those of the text: the ``result`` of the task before, an ``error``, an
    ``item``; else empty."""

    @property
    def known(self) -> bool:
        """Nothing of it is left to the running program."""
        return not (self.more or self.more_keywords)

    def behind(self, given: Arguments) -> Arguments:
        """These, with what is given later in front of them."""
        counts = sorted({own + new for own in self.counts for new in given.counts})
        return Arguments(
            tuple(counts),
            self.more or given.more,
            tuple(dict.fromkeys((*self.keywords, *given.keywords))),
            self.more_keywords or given.more_keywords,
            self.misuse or given.misuse,
            self.added or given.added,
        )


NOTHING = Arguments()
ANYTHING = Arguments(more=True, more_keywords=True)
RESULT = Arguments((1,), added="result")
"""What a task gets from the one before it."""
ITEM = Arguments((1,), added="item")
"""What ``map`` gives."""
ERRBACK = Arguments((1, 3), added="error")
"""The id of the task that failed; or its request, the exception and the traceback."""


class Option(NamedTuple):
    """A keyword of the call that is meant for Celery."""

    name: str
    line: int
    text: str = ""
    """The queue that it names, where that is written out."""


def plain(args: Iterable[ast.expr], keywords: Iterable[ast.keyword]) -> Arguments:
    """Those of ``f(1, *rest, key=2)``."""
    every = list(args)
    known = [one for one in every if not isinstance(one, ast.Starred)]
    named = list(keywords)
    return Arguments(
        (len(known),),
        len(known) < len(every),
        tuple(one.arg for one in named if one.arg is not None),
        any(one.arg is None for one in named),
    )


def packed(args: ast.expr | None, kwargs: ast.expr | None, lookup: Lookup) -> Arguments:
    """Those of ``args=(1, 2), kwargs={"key": 3}``."""
    count, more, misuse = _sequence(lookup(args)) if args is not None else (0, False, "")
    names, more_names, wrong = _mapping(lookup(kwargs)) if kwargs is not None else ((), False, "")
    return Arguments((count,), more, names, more_names, misuse or wrong)


def elements(node: ast.expr) -> list[ast.expr] | None:
    """Those of a list, tuple or set; ``None`` when they are not all written there."""
    if not isinstance(node, (ast.List, ast.Tuple)) or any(isinstance(one, ast.Starred) for one in node.elts):
        return None
    return node.elts


def _sequence(node: ast.expr) -> tuple[int, bool, str]:
    if isinstance(node, (ast.List, ast.Tuple)):
        found = plain(node.elts, ())
        return found.counts[0], found.more, ""
    if isinstance(node, ast.Constant) and not node.value:
        return 0, False, ""  # Celery takes it for none
    what = ""
    if isinstance(node, (ast.Constant, ast.JoinedStr)):
        what = _constant(node)
    elif isinstance(node, ast.Dict) and node.keys:
        what = "a dict"
    elif isinstance(node, (ast.Set, ast.SetComp)):
        what = "a set"
    elif isinstance(node, ast.DictComp):
        what = "a dict"
    return 0, True, f"args: {what}" if what else ""


def _mapping(node: ast.expr) -> tuple[tuple[str, ...], bool, str]:
    if isinstance(node, ast.Dict):
        texts = [
            one.value for one in node.keys if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        return tuple(dict.fromkeys(texts)), len(texts) < len(node.keys), ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        names = tuple(one.arg for one in node.keywords if one.arg is not None)
        return names, bool(node.args) or len(names) < len(node.keywords), ""
    if isinstance(node, ast.Constant) and not node.value:
        return (), False, ""
    what = ""
    if isinstance(node, (ast.Constant, ast.JoinedStr)):
        what = _constant(node)
    elif isinstance(node, (ast.List, ast.ListComp)):
        what = "a list"
    elif isinstance(node, ast.Tuple):
        what = "a tuple"
    elif isinstance(node, (ast.Set, ast.SetComp)):
        what = "a set"
    empty = isinstance(node, (ast.List, ast.Tuple)) and not node.elts
    return (), True, f"kwargs: {what}" if what and not empty else ""


def _constant(node: ast.expr) -> str:
    value = node.value if isinstance(node, ast.Constant) else ""
    if isinstance(value, (bytes, str)):
        return "a text"
    return f"a single {type(value).__name__}" if type(value) in (int, float, bool) else ""
