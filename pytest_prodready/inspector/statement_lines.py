"""Which statement of a module a line belongs to, and what runs behind it."""

from __future__ import annotations

import ast


def found(body: list[ast.stmt], line: int) -> tuple[ast.stmt | None, list[list[ast.stmt]]]:
    """The statement that runs in ``line``, and those that run behind it, the innermost block first.

    Args:
        body: of a module. Blocks of ``if`` are looked into; of other statements, the whole is given.
        line: one of its lines.
    """
    for at, statement in enumerate(body):
        if not _holds(statement, line):
            continue
        behind = body[at + 1 :]
        if isinstance(statement, ast.If):
            for block in (statement.body, statement.orelse):
                inner, rest = found(block, line)
                if inner is not None:
                    return inner, [*rest, behind]
        return statement, [behind]
    return None, []


def _holds(statement: ast.stmt, line: int) -> bool:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(one.lineno for one in decorators)])
    return first <= line <= (statement.end_lineno or statement.lineno)
