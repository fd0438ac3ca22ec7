"""Arguments of beat entries, and parameters of tasks, as facts."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import Parameter
from pytest_prodready.inspector.celery import shown
from tests.inspector.celery.support import Load


@pytest.mark.parametrize(
    "args, keywords, expected",
    [
        ((), {}, "()"),
        (("eu", 7, None, 1.5, True), {"days": 7}, '("eu", 7, None, 1.5, True, days=7)'),
        ((["a", (1,)],), {"empty": {}}, '(["a", …], empty=…)'),
        ((list(range(9)), "x" * 30, 'a"b', "a\nb"), {}, "(…, …, …, …)"),
        ((), {"api_key": "abc", "Password": "abc", "tenant": "abc"}, '(api_key=…, Password=…, tenant="abc")'),
        (7, "no dict", "()"),
    ],
)
def test_arguments_are_shown_without_long_texts_and_secrets(
    args: object, keywords: object, expected: str
) -> None:
    """What a person needs to recognise the message, and no object's own text."""
    assert shown.arguments(args, keywords) == expected


def test_no_code_of_the_application_is_asked_for_a_text() -> None:
    """A repr may do anything, and a subclass may lie."""

    class Loud(str):
        __slots__ = ()

        def __repr__(self) -> str:
            raise AssertionError

    assert shown.arguments((Loud("a"),), {"a": Loud("b")}) == "(…, a=…)"


def test_the_entries_and_tasks_of_a_real_app(load: Load) -> None:
    """Parameters of every kind, without self; an entry's arguments as they are sent."""
    app = load(
        {
            "proj/app.py": """
                import functools
                from celery import Celery
                app = Celery("proj", broker="memory://")

                @app.task(bind=True, name="each")
                def each(self, a, /, b, c=1, *args, d, e="x", **kwargs): ...

                def wrap(function):
                    @functools.wraps(function)
                    def inner(*args, **kwargs): return function(*args, **kwargs)
                    return inner

                @app.task(name="wrapped", autoretry_for=(OSError,))
                @wrap
                def wrapped(to): ...

                class Job(app.Task):
                    name = "job"
                    def run(self, one, two=2): ...

                app.register_task(Job())

                app.conf.beat_schedule = {
                    "nightly": {"task": "wrapped", "schedule": 60, "args": ("eu",),
                                "kwargs": {"token": "t0"}},
                }
            """
        }
    )
    found = {task.name: [(one.name, one.kind, one.required) for one in task.parameters] for task in app.tasks}
    assert found == {
        "each": [
            ("a", "positional-only", True),
            ("b", "positional", True),
            ("c", "positional", False),
            ("args", "*args", False),
            ("d", "keyword-only", True),
            ("e", "keyword-only", False),
            ("kwargs", "**kwargs", False),
        ],
        "wrapped": [("to", "positional", True)],
        "job": [("one", "positional", True), ("two", "positional", False)],
    }
    assert isinstance(app.tasks[0].parameters[0], Parameter)
    assert [(entry.name, entry.arguments) for entry in app.beat] == [("nightly", '("eu", token=…)')]
