"""The calls of one statement that send a task or make a signature of one, and what they pass on.

Read is whatever looks like one; whether it is one, the loaded modules tell.
"""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from ..nodes import last_name, name_parts
from .call_arguments import (
    ANYTHING,
    ERRBACK,
    ITEM,
    NOTHING,
    RESULT,
    Arguments,
    Option,
    elements,
    packed,
    plain,
)
from .call_canvas import SIGNATURES, Node, Reader, Required, Signature, options_in, options_of, sent
from .call_scope import Reference

PLAIN = {"delay", "delay_on_commit"}
PACKED = {"apply_async", "apply_async_on_commit", "apply"}
ITERATED = {"map", "starmap", "chunks"}
SENDING = PLAIN | PACKED | ITERATED | SIGNATURES
OF_APPLY = {"args", "kwargs"}
OF_RETRY = {"args", "kwargs", "exc", "throw", "max_retries"}
OF_SEND = {"name", "args", "kwargs"}


class Site(NamedTuple):
    """One task in a call, in values that can be stored."""

    line: int
    column: int
    function: str
    """Qualified name of the function that the call stands in; empty at the top of the module."""
    method: str
    task: tuple[Any, ...] | None
    """A ``Reference``; else it is known by its name."""
    name: str
    arguments: tuple[Any, ...]
    """``Arguments``."""
    complete: bool
    """Nothing can be added to the arguments."""
    options: tuple[tuple[str, int, str], ...]
    requires: tuple[tuple[tuple[Any, ...], str], ...]


class Calling:
    """Reads the calls of one statement."""

    def __init__(self, reader: Reader, function: str, found: dict[int, list[Site]]) -> None:
        self.reader = reader
        self.function = function
        self.found = found

    def call(self, call: ast.Call) -> None:
        """One call, and what its arguments name besides."""
        function = call.func
        if isinstance(function, ast.Attribute):
            self.method(call, function)
        last = last_name(function)
        if last == "partial" and call.args:
            made_by = self.reader.reference(function)
            if made_by is not None:
                self.reference_to_method(call.args[0], call, plain(call.args[1:], call.keywords), made_by)
        elif last == "on_commit" and call.args:
            self.on_commit(call)
        made = self.reader.node(call)
        if made is not None:
            started_by_body = isinstance(function, ast.Call)  # chord(…)(body)
            self.canvas(made, NOTHING, final=started_by_body)
        elif isinstance(function, (ast.Call, ast.Name)) and (started := self.reader.node(function)):
            self.canvas(started, self._started(started, call), final=True)

    def _started(self, node: Node, call: ast.Call) -> Arguments:
        """What ``chain(…)(…)``, ``group(…)(…)`` and ``task.s(…)(…)`` start with."""
        if isinstance(node, Signature) or node.kind == "chain":
            return plain(call.args, call.keywords)
        return plain(call.args, ()) if node.kind == "group" else NOTHING

    def method(self, call: ast.Call, function: ast.Attribute) -> None:
        method, holder = function.attr, function.value
        if method in PLAIN or method in PACKED:
            given, options = self.given(method, call)
            started = self.reader.node(holder)
            if started is not None:
                if isinstance(started, Signature):
                    self.canvas(started._replace(options=(*started.options, *options)), given, final=True)
                else:
                    self.canvas(started, given, final=True)
            elif task := self.reader.reference(holder):
                self.add(call, method, task, "", given, True, options)
            if method in PACKED:
                self.links(call)
        elif method == "retry":
            self.retry(call, holder)
        elif method == "send_task":
            self.send(call, holder)
        elif method in ITERATED and call.args:
            self.iterated(call, method, holder)
        elif method in ("replace", "add_to_chord") and call.args:
            self.canvas(self.reader.node(call.args[0]), NOTHING, final=True)
        elif method in ("link", "link_error", "on_error") and call.args and self.reader.node(holder):
            given = RESULT if method == "link" else ERRBACK
            self.canvas(self.reader.node(call.args[0]), given, final=True)
        elif (method == "set" and self.reader.node(holder)) or method in SIGNATURES:
            self.links(call)

    def given(self, method: str, call: ast.Call) -> tuple[Arguments, tuple[Option, ...]]:
        """What a call sends, and the options that it sets."""
        if method in PLAIN:
            return plain(call.args, call.keywords), ()
        named = {one.arg: one.value for one in call.keywords if one.arg is not None}
        options = options_in(call, OF_APPLY)
        starred = any(isinstance(one, ast.Starred) for one in call.args)
        args = named.get("args", call.args[0] if call.args else None)
        kwargs = named.get("kwargs", call.args[1] if len(call.args) > 1 else None)
        found = ANYTHING if starred else packed(args, kwargs, self.reader.alone)
        for one in (self.reader.alone(one.value) for one in call.keywords if one.arg is None):
            texts = options_of(one)
            if (
                not isinstance(one, ast.Dict)
                or len(texts) < len(one.keys)
                or OF_APPLY & {text.name for text in texts}
            ):
                # **options: args and kwargs may well be in there
                more, more_keywords = found.more or args is None, found.more_keywords or kwargs is None
                found = found._replace(more=more, more_keywords=more_keywords)
            options += tuple(text for text in texts if text.name not in OF_APPLY)
        return found, options

    def retry(self, call: ast.Call, holder: ast.expr) -> None:
        """``self.retry(…)``: what is not given is what the task was called with."""
        task = self.reader.reference(holder)
        if task is None:
            return
        given, _ = self.given("apply_async", call)
        named = {one.arg for one in call.keywords}
        more = given.more or not (call.args or "args" in named)
        more_keywords = given.more_keywords or not (len(call.args) > 1 or "kwargs" in named)
        given = given._replace(more=more, more_keywords=more_keywords)
        self.add(call, "retry", task, "", given, True, options_in(call, OF_RETRY))
        self.links(call)

    def send(self, call: ast.Call, holder: ast.expr) -> None:
        """``app.send_task("name", …)``."""
        named = {one.arg: one.value for one in call.keywords if one.arg is not None}
        name = call.args[0] if call.args else named.get("name")
        app = self.reader.reference(holder)
        if app is None or name is None:
            return
        text = self.reader.scope.expression(name)
        constant = text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else ""
        task = None if constant else self.reader.reference(name)
        if not constant and task is None:
            return
        sending = ast.Call(call.func, call.args[1:], call.keywords)
        given, _ = self.given("apply_async", sending)
        self.add(call, "send_task", task, constant, given, True, options_in(call, OF_SEND), ((app, "app"),))
        self.links(call)

    def iterated(self, call: ast.Call, method: str, holder: ast.expr) -> None:
        """``task.map(…)`` calls it with each item, ``starmap`` and ``chunks`` with the parts of each."""
        task = self.reader.reference(holder)
        if task is None:
            return
        if method == "map":
            self.add(call, method, task, "", ITEM, True)
            return
        items = self.reader.scope.expression(call.args[0], alone=True)
        sizes = _sizes(items)
        for given in sizes:
            self.add(call, method, task, "", given, True)

    def links(self, call: ast.Call) -> None:
        """The callbacks among the options of a call."""
        for one in call.keywords:
            if one.arg in ("link", "link_error"):
                given = RESULT if one.arg == "link" else ERRBACK
                for callback in elements(one.value) or [one.value]:
                    self.canvas(self.reader.node(callback), given, final=True)

    def on_commit(self, call: ast.Call) -> None:
        """``transaction.on_commit(task.delay)`` calls it with nothing."""
        on_commit = self.reader.reference(call.func)
        if on_commit is None:
            return
        function = call.args[0]
        if isinstance(function, ast.Call) and last_name(function.func) == "partial" and function.args:
            made_by = self.reader.reference(function.func)
            given = plain(function.args[1:], function.keywords)
            if made_by is not None:
                requires: Required = ((made_by, "partial"), (on_commit, "on_commit"))
                self._called(function.args[0], function, given, requires, function.args[1:], True)
        else:
            self._called(function, function, NOTHING, ((on_commit, "on_commit"),), [], True)

    def reference_to_method(
        self, method: ast.expr, call: ast.Call, given: Arguments, made_by: Reference
    ) -> None:
        """``partial(task.delay, …)``: more may be given when it is called."""
        self._called(method, call, given, ((made_by, "partial"),), call.args[1:], False)

    def _called(
        self,
        method: ast.expr,
        at: ast.expr,
        given: Arguments,
        requires: Required,
        args: list[ast.expr],
        complete: bool,
    ) -> None:
        if not isinstance(method, ast.Attribute) or not name_parts(method):
            return
        if method.attr not in PLAIN and method.attr not in PACKED:
            return
        task = self.reader.reference(method.value)
        options: tuple[Option, ...] = ()
        if method.attr in PACKED:
            keywords = at.keywords if isinstance(at, ast.Call) else []
            given, options = self.given(method.attr, ast.Call(method, args, keywords))
            named = {one.arg for one in keywords}
            complete = complete or ((len(args) > 0 or "args" in named) and "kwargs" in named)
        if task is not None:
            self.add(at, method.attr, task, "", given, complete, options, requires)

    def canvas(self, node: Node | None, given: Arguments, *, final: bool) -> None:
        """What each signature of a canvas is sent with."""
        for signature, arguments, complete, requires in sent(node, given, final):
            self.add(
                signature.call,
                signature.method,
                signature.task,
                signature.name,
                arguments,
                complete,
                signature.options,
                requires,
            )

    def add(
        self,
        call: ast.expr,
        method: str,
        task: Reference | None,
        name: str,
        arguments: Arguments,
        complete: bool,
        options: tuple[Option, ...] = (),
        requires: Required = (),
    ) -> None:
        """Keep one task of a call."""
        of_call = self.found.setdefault(id(call), [])
        of_call.append(
            Site(
                call.lineno,
                call.col_offset,
                self.function,
                method,
                tuple(task) if task else None,
                name,
                tuple(arguments),
                complete and arguments.known,
                tuple((one.name, one.line, one.text) for one in options),
                tuple((tuple(reference), kind) for reference, kind in requires),
            )
        )


def _sizes(items: ast.expr) -> list[Arguments]:
    """How many parts the items of ``starmap`` have, each number once."""
    if isinstance(items, ast.Call) and isinstance(items.func, ast.Name) and items.func.id == "zip":
        found = plain(items.args, ())
        return [] if found.more else [found._replace(added="item")]
    parts = elements(items)
    if isinstance(items, (ast.ListComp, ast.GeneratorExp)):
        parts = [items.elt]
    sizes = (elements(one) for one in parts or ())
    return list(dict.fromkeys(Arguments((len(size),), added="item") for size in sizes if size is not None))
