"""Where the app's own router sends tasks, as a real worker's interpreter tells it."""

from __future__ import annotations

from pytest_prodready.facts import Location
from tests.inspector.celery.support import Load


def test_what_decides_and_where_it_stands(load: Load) -> None:
    """Each task has the queue that its message ends in, what decides that, and the line."""
    routing = load(
        {
            "proj/app.py": """\
                import re
                from celery import Celery
                from kombu import Exchange, Queue
                app = Celery("proj", broker="memory://")
                app.conf.task_default_queue = "rest"
                app.conf.task_queues = [
                    Queue("rest"),
                    Queue("paid", Exchange("orders", type="topic"), routing_key="order.#"),
                    Queue("first", Exchange("news", type="fanout")),
                    Queue("second", Exchange("news", type="fanout")),
                ]
                def router(name, args, kwargs, options, task=None, **kw):
                    return {"queue": "routed"} if name == "routed" else None
                app.conf.task_routes = ({
                    "exact": "a",
                    "glob.*": {"queue": "b"},
                    re.compile("regular[0-9]"): {"queue": "c"},
                    "topic": {"exchange": "orders", "routing_key": "order.eu.paid"},
                    "news": {"queue": "first"},
                }, router)
                app.conf.beat_schedule = {
                    "nightly": {"task": "exact", "schedule": 60, "options": {"queue": "night"}},
                }
                def job(): ...
                for name in ("exact", "glob.x", "regular1", "topic", "news", "routed", "plain"):
                    app.task(name=name)(job)
                @app.task(
                    name="own",
                    queue="d",
                )
                def own(): ...
                """
        }
    ).routing
    found = {(one.task, one.queue, one.how, one.named, one.location) for one in routing.destinations}
    place = "proj/app.py"
    assert found == {
        ("exact", "a", "route", "exact", Location(place, 15)),
        ("exact", "night", "entry", "nightly", Location(place, 22)),
        ("glob.x", "b", "route", "glob.*", Location(place, 16)),
        ("regular1", "c", "route", "regular[0-9]", Location(place, 17)),
        ("topic", "paid", "route", "topic", Location(place, 18)),
        ("routed", "routed", "router", "", None),
        ("plain", "rest", "default", "", Location(place, 5)),
        ("own", "d", "option", "", Location(place, 29)),
    }
    # a message to all queues of an exchange has no one queue
    assert {"first", "second"} <= set(routing.reached)
    assert routing.declared == ("first", "paid", "rest", "second")
    assert routing.default == "rest"
    assert {one.name for one in routing.patterns if not one.matched} == set()


def test_queues_that_are_made_when_they_are_asked_for(load: Load) -> None:
    """Routing declares queues; a worker without -Q consumes only those that were declared before."""
    routing = load(
        {
            "proj/app.py": """\
                from celery import Celery
                app = Celery("proj", broker="memory://")
                app.conf.task_routes = {"send": "mail"}
                @app.task(name="send")
                def send(): ...
                """
        }
    ).routing
    assert (routing.declared, routing.default) == (("celery",), "celery")
    assert "mail" in routing.reached


def test_a_router_that_raises(load: Load) -> None:
    """One that needs the arguments of a call says nothing, and routes are computed then."""
    routing = load(
        {
            "proj/app.py": """\
                from celery import Celery
                app = Celery("proj", broker="memory://")
                def router(name, args, kwargs, options, task=None, **kw):
                    return {"queue": args[0]}
                app.conf.task_routes = (router,)
                @app.task(name="send")
                def send(queue): ...
                """
        }
    ).routing
    assert [one.task for one in routing.destinations] == []
    assert routing.computed


def test_queues_that_calls_choose(load: Load) -> None:
    """Constants count as named, anything else as computed, and both as chosen by a call."""
    routing = load(
        {
            "proj/app.py": """\
                from celery import Celery
                app = Celery("proj", broker="memory://")
                @app.task(name="send")
                def send(): ...
                REPORT_QUEUE = "reports"
                def now():
                    send.apply_async(queue="mail")
                    send.apply_async(queue=REPORT_QUEUE)
                """
        }
    ).routing
    assert {"mail", "reports"} <= set(routing.mentioned)
    assert (routing.chosen, routing.computed, routing.consumes_more) == (True, False, False)
