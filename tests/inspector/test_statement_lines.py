"""The statement of a line, and what runs behind it."""

from __future__ import annotations

import ast

import pytest

from pytest_prodready.inspector import statement_lines

SOURCE = """\
first = 1
@decorator
def second():
    pass
if first:
    third = 1
    fourth = 2
elif second:
    fifth = 3
else:
    if first:
        sixth = 4
    seventh = 5
with first:
    eighth = 6
    ninth = 7
tenth = 8
"""


@pytest.mark.parametrize(
    "line, statement, behind",
    [
        (1, 1, [[3, 5, 14, 17]]),
        (2, 3, [[5, 14, 17]]),
        (4, 3, [[5, 14, 17]]),
        (5, 5, [[14, 17]]),
        (6, 6, [[7], [14, 17]]),
        (7, 7, [[], [14, 17]]),
        (8, 8, [[], [14, 17]]),
        (9, 9, [[], [], [14, 17]]),
        (12, 12, [[], [13], [], [14, 17]]),
        (15, 14, [[17]]),
        (17, 17, [[]]),
        (18, None, []),
    ],
)
def test_of_every_line(line: int, statement: int | None, behind: list[list[int]]) -> None:
    found, blocks = statement_lines.found(ast.parse(SOURCE).body, line)

    assert (found.lineno if found else None) == statement
    assert [[one.lineno for one in block] for block in blocks] == behind
