"""What the gate says of a call is what Celery does with it: both are asked about the same random programs."""

from __future__ import annotations

import ast
from types import ModuleType
from typing import Any

import pytest

celery = pytest.importorskip("celery")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from pytest_prodready.codec import decode  # noqa: E402
from pytest_prodready.facts import CallSite, Celery, Entry, Facts, InspectedEntry, Task  # noqa: E402
from pytest_prodready.findings import Outcome  # noqa: E402
from pytest_prodready.inspector.celery import call_reading, call_sites, takes  # noqa: E402
from pytest_prodready.inspector.celery.call_sending import Site  # noqa: E402
from pytest_prodready.inspector.project import Project  # noqa: E402
from pytest_prodready.registry import Registry  # noqa: E402
from pytest_prodready.rules.celery import family  # noqa: E402

PARAMETERS = (
    "",
    "a",
    "a, b",
    "a, b=1",
    "a=1, *, key",
    "a, /, b=2",
    "a, *rest",
    "a, **more",
    "*rest, key=1",
    "*rest, **more",
)
TASKS = ("one", "two", "three")

arguments = st.sampled_from(["", "0", "0, 0", "0, 0, 0", "b=0", "0, b=0", "key=0", "0, key=0", "*[0]", "a=0"])
positional = st.sampled_from(["()", "(0,)", "[0, 0]", "None"])
keywords = st.sampled_from(["{}", "{'b': 0}", "{'key': 0}", "dict(a=0)"])
names = st.sampled_from(TASKS)
signatures = st.one_of(
    st.builds("{}.{}({})".format, names, st.sampled_from(["s", "si"]), arguments),
    st.builds("{}.signature({}, {})".format, names, positional, keywords),
    st.builds("{}.signature({}, immutable={})".format, names, positional, st.booleans()),
)


def joined(several: list[str]) -> str:
    return ", ".join(several)


canvases = st.recursive(
    signatures,
    lambda inner: st.one_of(
        st.builds("({} | {})".format, inner, inner),
        st.builds("chain({})".format, st.lists(inner, min_size=2, max_size=3).map(joined)),
        st.builds("group({})".format, st.lists(inner, min_size=2, max_size=3).map(joined)),
    ),
    max_leaves=4,
)
statements = st.one_of(
    st.builds("{}.delay({})".format, names, arguments),
    st.builds("{}.apply_async({}, {})".format, names, positional, keywords),
    st.builds("{}.apply_async(args={}, link={})".format, names, positional, signatures),
    st.builds("{}.delay()".format, canvases),
    st.builds("{}.apply_async({})".format, canvases, positional),
    st.builds("chord([{}, {}])({})".format, signatures, signatures, signatures),
    st.builds("made = {}\n    made.delay(0)".format, signatures),
    st.builds("list({}.{})".format, names, st.just("map([0])()")),
)
open_statements = st.one_of(
    st.builds("partial({}.delay, {})({})".format, names, st.sampled_from(["0", "0, 0", "b=0"]), arguments),
    st.builds("{}.delay(*[{}])".format, names, st.sampled_from(["", "0", "0, 0"])),
    st.builds("{}.apply_async(tuple([0]), {})".format, names, keywords),
    st.builds("(lambda made: made.delay({}))({})".format, arguments, signatures),
    st.builds("group(*[{}])({})".format, signatures, st.sampled_from(["", "0"])),
    st.builds("chain(*[{}, {}])({})".format, signatures, signatures, st.sampled_from(["", "0"])),
)
"""What they send is known only in part."""


def program(heads: list[str], bound: bool, checked: bool) -> ModuleType:
    """A module with three tasks, that runs what is sent at once."""
    module = ModuleType("program")
    app = celery.Celery("program", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    for name, head in zip(TASKS, heads, strict=True):
        head = ", ".join(part for part in ("self" if bound else "", head) if part)
        exec(f"def {name}({head}): return 0", vars(module))
        task = app.task(bind=bound, typing=checked, shared=False, name=f"program.{name}")(vars(module)[name])
        vars(module)[name] = task
    exec("from celery import chain, chord, group\nfrom functools import partial", vars(module))
    app.finalize()
    vars(module)["app"] = app
    return module


def refused_by_celery(statement: str, module: ModuleType) -> str:
    """Why running the statement fails; empty when it does not."""
    try:
        exec(f"def run():\n    {statement}\nrun()", dict(vars(module)))
    except TypeError as error:
        return str(error) or "TypeError"
    return ""


def refused_by_the_gate(statement: str, module: ModuleType) -> list[str] | None:
    """The findings of PRD208; ``None`` when no call was read."""
    tree = ast.parse(f"def run():\n    {statement}\n")
    holder = call_sites.Holder("program", module, Project("/"))
    sites: list[dict[str, Any]] = [
        fact for one in call_reading.read(tree) if (fact := holder.fact(Site(*one), "program.py")) is not None
    ]
    if not sites:
        return None
    tasks = [
        decode(Task, {"name": f"program.{name}", "module": "program", "function": name, "location": None})
        for name in TASKS
    ]
    known = [
        decode(Task, {**_plain(task), **takes.facts(vars(module)["app"].tasks[task.name])}) for task in tasks
    ]
    seen = InspectedEntry(
        Entry("celery", "program:app", "a test"),
        celery=Celery("program", "5", tasks=tuple(known)),
        call_sites=tuple(decode(CallSite, site) for site in sites),
    )
    facts = Facts("/", ("program",), entries=(seen,))
    registry = Registry([family]).select(["PRD208"])
    judged = [
        registry.judge(kind, subject, facts) for kind in registry.kinds for subject in kind.subjects(facts)
    ]
    assert all(judgement.outcome is not Outcome.ERRORED for judgement in judged), judged
    return [finding.message for judgement in judged for finding in judgement.findings]


def _plain(task: Task) -> dict[str, object]:
    return {"name": task.name, "module": task.module, "function": task.function, "location": None}


programs = st.builds(
    program, st.lists(st.sampled_from(PARAMETERS), min_size=3, max_size=3), st.booleans(), st.booleans()
)


@settings(max_examples=150, deadline=None)
@given(module=programs, statement=statements)
def test_the_gate_refuses_what_celery_refuses(module: ModuleType, statement: str) -> None:
    """A call is an error exactly where running it, eagerly, raises a TypeError."""
    found = refused_by_the_gate(statement, module)
    assert found is not None, f"nothing was read of {statement}"
    if "*[0]" not in statement or found:  # how many a star stands for is not known
        assert bool(found) is bool(refused_by_celery(statement, module)), (statement, found)


@settings(max_examples=150, deadline=None)
@given(module=programs, statement=open_statements)
def test_what_is_known_in_part_is_refused_only_when_celery_refuses_it(
    module: ModuleType, statement: str
) -> None:
    """Where the text leaves some of the arguments open, an error is one whatever they are."""
    if found := refused_by_the_gate(statement, module):
        assert refused_by_celery(statement, module), (statement, found)
