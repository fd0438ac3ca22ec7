"""What the parameters of a function are: by their annotations, and by what every call passes."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator, Mapping
from typing import Any

from ...nodes import last_name
from ..value import Call, Class, Instance, Known, Parameter, Value
from . import receivers
from .joins import EMPTY, NOTHING, is_nothing, join, join_all, optional
from .resting import agreeing, parameters_of
from .scopes import Scope
from .statements import Flow


class Parameters:
    """Gathers what is passed to the functions of the application."""

    def __init__(self) -> None:
        self.unresolved: dict[int, str] = {}
        """``id`` of a call → the name of the method, which is called on what is not known."""
        self.said: dict[Parameter, Value] = {}
        """What the annotations of parameters say."""
        self._sites: dict[types.CodeType, dict[int, dict[str, Value | None] | None]] = {}
        """Function → ``id`` of a call → what it passes, ``None`` where that cannot be told."""

    def note(self, function: types.FunctionType, call: Call, *, bound: bool) -> None:
        """One call of a function; when it is read again, more may be known."""
        code = function.__code__
        given = None if call.spread else _given(code, call, bound=bound)
        self._sites.setdefault(code, {})[id(call.node)] = given

    def sites(self, code: types.CodeType) -> list[dict[str, Value | None] | None]:
        """What each call of a function passes, ``None`` where that cannot be told."""
        return [*self._sites.get(code, {}).values()]

    def codes(self) -> Iterator[types.CodeType]:
        """The functions that are called."""
        yield from self._sites

    def passed(self) -> Iterator[tuple[types.CodeType, dict[str, Value]]]:
        """Each function, with the parameters that all of its calls pass a value of one class."""
        for code, sites in self._sites.items():
            found: dict[str, Value] = {}
            for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
                values = [
                    None if site is None else site[name]
                    for site in sites.values()
                    if site is None or name in site
                ]
                joined = join_all(map(_anonymous, values))
                if joined is not None:
                    found[name] = joined
            yield code, found


def _given(code: types.CodeType, call: Call, *, bound: bool) -> dict[str, Value | None]:
    names = code.co_varnames[: code.co_argcount]
    args = (None, *call.args) if bound else call.args  # what it is bound to may be of any subclass
    return {**dict(zip(names, args, strict=False)), **call.keywords}


def _anonymous(value: Value | None) -> Value | None:
    if not isinstance(value, Instance) or is_nothing(value):
        return value
    state = value.state if value.state != EMPTY else None
    known = Known("passed", sure=value.known.sure, parameters=value.known.parameters)
    return value._replace(known=known, exact=False, state=state)


def begin(flow: Flow, node: Any, passed: Mapping[str, Value | None]) -> None:
    """Bind the parameters of the function that ``flow`` is about to read."""
    arguments: ast.arguments = node.args
    scope: Scope = flow.scope
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: dict[str, ast.expr | None] = dict(
        zip((one.arg for one in reversed(positional)), reversed(arguments.defaults), strict=False)
    )
    defaults |= {
        one.arg: default for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    }
    if not isinstance(node, ast.Lambda) and flow.place is not None:
        function = flow.analysis.live_function(flow)
        passed = {**passed, **flow.analysis.frameworks.parameters(flow.owner, function, node)}
    for one in scope.parameters:
        flow.env[one.arg] = _parameter(flow, one, defaults.get(one.arg), passed)
    known = Known("made", node.lineno)
    for star, cls in ((arguments.vararg, tuple), (arguments.kwarg, dict)):
        if star is not None:
            rests = Parameter(id(node), star.arg)
            form = star.annotation
            inner = flow.annotated(form, star.lineno, rests) if form is not None else None
            rows = {"items": inner} if cls is tuple else {"values": inner}
            flow.env[star.arg] = Instance(cls, known, exact=True, **rows)  # type: ignore[arg-type]
    for name in scope.shared & flow.env.keys():
        flow.env[name] = None
    if positional and flow.owner is not None and not isinstance(node, ast.Lambda):
        _first(flow, node, positional[0])


def _said(flow: Flow, one: ast.arg, passed: Value | None, *, nothing: bool) -> Value | None:
    """What the annotation of a parameter says; it rests on that, unless a framework sees to it."""
    form = one.annotation
    if form is None or flow.place is None:
        return None
    parameter = Parameter(id(flow.place.node), one.arg)
    value = flow.annotated(form, one.lineno, parameter)
    if value is not None and parameters_of(value):
        checked = flow.analysis.validated.checks(flow, one.arg, value)
        if checked or agreeing(value, passed) == frozenset():
            value = flow.annotated(form, one.lineno, sure=True)
    value = optional(value) if nothing else value
    if value is not None:
        flow.analysis.parameters.said[parameter] = value
    return value


def _parameter(
    flow: Flow, one: ast.arg, default: ast.expr | None, passed: Mapping[str, Value | None]
) -> Value | None:
    nothing = isinstance(default, ast.Constant) and default.value is None
    if one.annotation is not None:
        return _said(flow, one, passed.get(one.arg), nothing=nothing)
    value = passed.get(one.arg)
    if value is None or default is None:
        return value
    if nothing:
        return join(value, NOTHING)
    return join(value, flow.value(default))


def _first(flow: Flow, node: Any, first: ast.arg) -> None:
    """``self`` or ``cls``."""
    decorators = {last_name(one) for one in getattr(node, "decorator_list", ())}
    owner = flow.owner
    if owner is None or "staticmethod" in decorators or first.annotation is not None:
        return
    if type in type.mro(owner):
        return  # its instances are classes
    held = vars(owner).get(getattr(node, "name", ""))
    if type(held) is staticmethod:  # by a call in the body of the class
        return
    of_class = type(held) is classmethod or "classmethod" in decorators
    if of_class or getattr(node, "name", "") in receivers.OF_CLASS or _names_class(first, decorators):
        flow.env[first.arg] = Class(owner, exact=False)
    elif first.arg == receivers.SELF or (not decorators and _is_method(flow, owner, node)):
        flow.env[first.arg] = Instance(owner, Known("self"))
    else:
        return
    flow.first = first.arg


def _names_class(first: ast.arg, decorators: set[str]) -> bool:
    """Whether a decorator makes of it what is given the class; without one, it is given an instance."""
    return first.arg in receivers.CLASS_NAMES and bool(decorators)


def _is_method(flow: Flow, owner: type, node: Any) -> bool:
    cls = flow.place.path[-1] if flow.place is not None else None
    return isinstance(cls, ast.ClassDef) and receivers.is_method(flow.analysis, owner, cls, node)
