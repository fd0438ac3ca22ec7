"""Faults in calls that send tasks."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator

from _celery_source import SENDS, Sent, Span
from _faults import Kind, misspelling
from _sketches import Making, Sketch, Way, appended

DROPPED = Kind("argument dropped at a call site", ("PRD208",), 3)
UNKNOWN = Kind("unknown keyword at a call site", ("PRD208",), 3)
TOO_MANY = Kind("one argument too many at a call site", ("PRD208",), 2)
SENT_NAME = Kind("misspelt name in send_task", ("PRD208",), 1)
CALL_OPTION = Kind("option of apply_async misspelt", ("PRD209",), 2)
CALL_QUEUE = Kind("queue misspelt at a call site", ("PRD207",), 1)


class CallFaults(Making):
    """Those of one application."""

    @property
    def ways(self) -> list[Way]:
        """Each kind of them, and how they are made."""
        return [
            (DROPPED, self._dropped),
            (UNKNOWN, self._unknown),
            (TOO_MANY, self._too_many),
            (SENT_NAME, self._sent_name),
            (CALL_OPTION, self._call_option),
            (CALL_QUEUE, self._call_queue),
        ]

    def _calls(self, dice: random.Random) -> Iterator[Sent]:
        found = [one for one in self.app.calls if one.task.plain and one.method in SENDS]
        yield from dice.sample(found, len(found))

    def _dropped(self, dice: random.Random) -> Iterator[Sketch]:
        for call in self._calls(dice):
            args, keywords, pack = _arguments(call)
            if any(isinstance(one, ast.Starred) for one in args) or any(one.arg is None for one in keywords):
                continue
            required = call.task.required
            gone = [one for one in keywords if one.arg in required]
            if gone:
                one = dice.choice(gone)
                span = pack(args, [other for other in keywords if other is not one])
                yield self._of_call(DROPPED, call, f"{call.task.node.name} without {one.arg}", span)
            elif args and len(args) <= len([name for name in call.task.positional if name in required]):
                name = call.task.positional[len(args) - 1]
                yield self._of_call(
                    DROPPED, call, f"{call.task.node.name} without {name}", pack(args[:-1], keywords)
                )

    def _unknown(self, dice: random.Random) -> Iterator[Sketch]:
        for call in self._calls(dice):
            args, keywords, pack = _arguments(call)
            if call.task.node.args.kwarg:
                continue
            named = [one for one in keywords if one.arg and len(one.arg) > 3]
            old = dice.choice(named) if named else None
            wrong = misspelling(str(old.arg), dice) if old else "dry_run"
            if wrong in call.task.every:
                continue
            new = ast.keyword(wrong, old.value if old else ast.Constant(value=True))
            span = pack(args, [*(one for one in keywords if one is not old), new])
            yield self._of_call(UNKNOWN, call, f"{call.task.node.name} with {wrong}", span)

    def _too_many(self, dice: random.Random) -> Iterator[Sketch]:
        for call in self._calls(dice):
            args, keywords, pack = _arguments(call)
            if call.task.node.args.vararg or any(isinstance(one, ast.Starred) for one in args):
                continue
            more = len(call.task.positional) - len(args) + 1
            new = [*args, *(ast.Constant(value=0) for _ in range(more))]
            yield self._of_call(
                TOO_MANY, call, f"{call.task.node.name} with {len(new)} values", pack(new, keywords)
            )

    def _call_option(self, dice: random.Random) -> Iterator[Sketch]:
        for call in self._calls(dice):
            if call.method in ("delay", "apply_async"):
                wrong = ast.keyword(dice.choice(["count_down", "expire", "priorty"]), ast.Constant(value=5))
                span = _sent_with(call, wrong)
                yield self._of_call(CALL_OPTION, call, f"apply_async(…, {wrong.arg}=5)", span)

    def _call_queue(self, dice: random.Random) -> Iterator[Sketch]:
        for call in self._calls(dice):
            if call.method in ("delay", "apply_async"):
                wrong = misspelling(dice.choice(self.app.queues), dice)
                span = _sent_with(call, ast.keyword("queue", ast.Constant(wrong)))
                yield self._of_call(CALL_QUEUE, call, f'apply_async(…, queue="{wrong}")', span)

    def _of_call(self, kind: Kind, call: Sent, what: str, span: Span) -> Sketch:
        return Sketch(kind, what, (call.place,), (span,))

    def _sent_name(self, dice: random.Random) -> Iterator[Sketch]:
        for name in self._own_names(dice):
            wrong = misspelling(name, dice)
            line = f'def send_it_by_name(): {self.app.variable}.send_task("{wrong}")'
            yield appended(SENT_NAME, f'send_task("{wrong}")', self.app.file, line, name)


Pack = Callable[[list[ast.expr], list[ast.keyword]], Span]


def _arguments(call: Sent) -> tuple[list[ast.expr], list[ast.keyword], Pack]:
    """What the task gets by position and by keyword, and how a call with others is written."""
    node = call.node
    if call.method != "apply_async":
        return node.args, node.keywords, lambda args, keywords: call.rewritten(call.method, args, keywords)
    given = {one.arg: one.value for one in node.keywords}
    given.update(zip(("args", "kwargs"), node.args, strict=False))
    rest = [one for one in node.keywords if one.arg not in ("args", "kwargs")]
    args, kwargs = given.get("args"), given.get("kwargs")
    values = list(args.elts) if isinstance(args, (ast.Tuple, ast.List)) else []
    if args is not None and not isinstance(args, (ast.Tuple, ast.List)):
        values = [ast.Starred(args)]
    keywords = [
        ast.keyword(str(key.value) if isinstance(key, ast.Constant) else None, value)
        for key, value in (
            zip(kwargs.keys, kwargs.values, strict=True) if isinstance(kwargs, ast.Dict) else ()
        )
    ]
    if kwargs is not None and not isinstance(kwargs, ast.Dict):
        keywords = [ast.keyword(None, kwargs)]

    def pack(args: list[ast.expr], keywords: list[ast.keyword]) -> Span:
        keys: list[ast.expr | None] = [ast.Constant(one.arg) if one.arg else None for one in keywords]
        packed = [
            ast.keyword("args", ast.Tuple(args, ast.Load())),
            ast.keyword("kwargs", ast.Dict(keys, [one.value for one in keywords])),
        ]
        return call.rewritten("apply_async", [], [*packed, *rest])

    return values, keywords, pack


def _sent_with(call: Sent, option: ast.keyword) -> Span:
    """The call as `apply_async` with one more option."""
    if call.method == "apply_async":
        kept = [one for one in call.node.keywords if one.arg != option.arg]
        return call.rewritten("apply_async", call.node.args, [*kept, option])
    keys: list[ast.expr | None] = [ast.Constant(one.arg) if one.arg else None for one in call.node.keywords]
    given: list[ast.expr] = [
        ast.Tuple(call.node.args, ast.Load()),
        ast.Dict(keys, [one.value for one in call.node.keywords]),
    ]
    return call.rewritten("apply_async", given, [option])
