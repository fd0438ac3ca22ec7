"""All root causes of a failing start at once, and nothing that only follows from another one."""

from __future__ import annotations

import sys

import pytest

from pytest_prodready import inspection
from pytest_prodready.facts import Entry, Failure, InspectedEntry, Problem
from tests.inspector.projects import Project, Seen


@pytest.fixture(autouse=True, params=["where it failed", "in another interpreter"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it comes out the same in the interpreter that has failed and in a fresh one."""
    if request.param == "in another interpreter":
        look = inspection.Inspection.look

        def anew(
            self: inspection.Inspection, entry: Entry, **more: object
        ) -> tuple[InspectedEntry, list[Problem], bool]:
            return look(self, entry, **{**more, "settle": False})

        monkeypatch.setattr(inspection.Inspection, "look", anew)


def places(seen: Seen) -> list[str]:
    """Where the first failure and the further ones are, sorted."""
    return sorted(str(failure.location) for failure in (seen.failure, *seen.entry.further))


def at(seen: Seen, place: str) -> Failure:
    """The failure at ``place``."""
    every = (seen.failure, *seen.entry.further)
    return next(failure for failure in every if str(failure.location) == place)


def test_missing_names_and_modules_are_found_in_one_run_each_with_its_dependents(project: Project) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            from app.audit import log_audit_event
            from app.db import SessionLocal, engine, run
            from app.routes import orders, users
            import app.mails
        """,
        "app/audit.py": "def log_event(): ...\n",
        "app/db/__init__.py": "engine = 1\n",
        "app/routes/__init__.py": "",
        "app/routes/users.py": "from app.audit import log_audit_event\nfrom app.gone import user\n",
        "app/routes/orders.py": "from app.gone.sub import order\nfrom . import nothing\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert [
        (str(one.location), one.missing and (one.missing.module, one.missing.name))
        for one in seen.entry.further
    ] == [
        ("app/main.py:3", ("app.db", "SessionLocal")),
        ("app/main.py:3", ("app.db", "run")),
        ("app/routes/orders.py:1", ("app.gone", "")),
        ("app/routes/orders.py:2", ("app.routes", "nothing")),
        ("app/main.py:5", ("app.mails", "")),
    ]
    assert str(seen.failure.location) == "app/main.py:2"
    assert [str(place) for place in seen.failure.also] == ["app/routes/users.py:1"]
    assert [str(place) for place in seen.entry.further[2].also] == ["app/routes/users.py:2"]


def test_a_single_failure_has_no_further_causes_however_much_is_built_on_what_is_missing(
    project: Project,
) -> None:
    files = {
        "app/__init__.py": "",
        "app/core.py": "KINDS = {}\n",
        "app/main.py": """
            from dataclasses import dataclass, field
            from enum import Enum
            from app.core import Base, register, settings, Kind, KINDS

            class Thing(Base, kind="x"):
                value: int = settings.value + 1

                @register
                def run(self):
                    return self.value.real

            @register("thing", order=1)
            class Other(Thing): ...

            class Status(Kind):
                OPEN = 1

            @dataclass
            class Row:
                thing: Thing
                status: Status | None = None
                items: list[Base] = field(default_factory=lambda: settings.items)

            STATUS = Status("open")
            BY_NAME = {status.name: status for status in Status}
            FIRST = BY_NAME["OPEN"]
            NUMBER = 100 / len(settings.hosts)
            with settings.lock as lock:
                HANDLER = KINDS["thing"]
            for host in settings.hosts:
                raise ValueError(host)
            assert settings.port == 8000
            if settings.debug:
                import development_only
            LEVEL = {"a": 1}[settings.level]
            print(Row(Thing()).thing.missing.deeper, Other().run())

            def make():
                return Status.CLOSED, settings["x"]["y"]

            MADE = make()
        """,
        "app/late.py": "",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    # five names of one statement, and nothing of what they were used for
    assert {
        (place, failure.missing.name if failure.missing else "")
        for place, failure in ((str(one.location), one) for one in (seen.failure, *seen.entry.further))
    } == {("app/main.py:4", name) for name in ("Base", "register", "settings", "Kind")}


def test_what_fails_on_its_own_is_told_beside_what_is_missing(project: Project) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            import app.broken_syntax
            import app.undefined
            import app.environment
            import app.duplicate
            import app.division
            from app.undefined import LATER, made
            value = made + LATER
        """,
        "app/broken_syntax.py": "def f(:\n",
        "app/undefined.py": "made = not_there\nLATER = made.x + 1\nother = neither_there\n",
        "app/environment.py": "import os\nKEY = os.environ['NOT_SET_ANYWHERE']\nLENGTH = 1 / len(KEY)\n",
        "app/duplicate.py": """
            from enum import Enum
            class Color(Enum):
                RED = 1
                RED = 2
            DEFAULT = Color.BLUE
        """,
        "app/division.py": "from app.environment import LENGTH\nHALF = LENGTH / 0\nFAULT = 1 / 0\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == [
        "app/broken_syntax.py:1",
        "app/division.py:3",
        "app/duplicate.py:5",
        "app/environment.py:2",
        "app/undefined.py:1",
        "app/undefined.py:3",
    ]


def test_guarded_imports_go_their_way(project: Project) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            import contextlib
            import importlib
            from app.core import first

            try:
                from app.fast import thing
            except ImportError:
                from app.slow import thing

            try:
                import app.optional
            except Exception:
                optional = None

            with contextlib.suppress(ImportError):
                import app.extra

            def load(name):
                try:
                    return importlib.import_module(name)
                except ModuleNotFoundError:
                    return None

            plugins = [load("app.plugin"), load("app.optional")]

            try:
                from app.needed import it
            except ImportError as error:
                raise RuntimeError("app.needed is needed") from error

            try:
                from app.core import second
            except ValueError:
                second = None
            thing()
        """,
        "app/core.py": "",
        "app/slow.py": "def thing(): ...\n",
        "app/optional.py": "from app.nothing import at_all\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == ["app/main.py:28", "app/main.py:33", "app/main.py:4"]


def test_a_failure_that_only_seems_to_be_stopped_is_gone_behind_in_another_interpreter(
    project: Project,
) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            import importlib

            def load(name):
                try:
                    return importlib.import_module(name)
                except ImportError as error:
                    if error.name == name:
                        return None
                    if "x" in name:
                        raise
                    return None

            load("app.x_one")
            load("app.x_two")
            load("app.three")
        """,
        "app/x_one.py": "from app import a\nfrom app import b\n",
        "app/x_two.py": "from app import c\n",
        "app/three.py": "from app import d\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == ["app/x_one.py:1", "app/x_one.py:2", "app/x_two.py:1"]


def test_mapped_classes_each_fail_for_themselves(project: Project) -> None:
    pytest.importorskip("sqlalchemy", minversion="2")
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            from app import orders, people
            from sqlalchemy.orm import configure_mappers
            configure_mappers()
        """,
        "app/base.py": """
            from sqlalchemy.orm import DeclarativeBase

            class Base(DeclarativeBase): ...
        """,
        "app/people.py": """
            from typing import Any, Dict
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import Mapped, mapped_column, relationship
            from app.base import Base
            from app.base import Mixin

            class Person(Base):
                __tablename__ = "people"
                id: Mapped[int] = mapped_column(primary_key=True)
                payload: Mapped[Dict[str, Any]] = mapped_column("payload")

            class Address(Base):
                __tablename__ = "addresses"
                id: Mapped[int] = mapped_column(primary_key=True)
                person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
                person: Mapped["Person"] = relationship()

            class Pet(Base, Mixin):
                __tablename__ = "pets"
                id: Mapped[int] = mapped_column(primary_key=True)
                tags: Mapped[Dict[str, Any]] = mapped_column("tags")
        """,
        "app/orders.py": """
            from sqlalchemy.orm import Mapped, mapped_column
            from app.base import Base

            class Order(Base):
                __tablename__ = "orders"
                number: Mapped[int] = mapped_column()
        """,
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    mapping = seen.entry.mapping
    assert mapping is not None
    assert [found.model for found in mapping.failures] == [
        "app.orders.Order",
        "app.people.Person",
        "app.people.Pet",
    ]
    assert [str(failure.location) for failure in seen.entry.further] == [
        "app/people.py:6",
        "app/people.py:8",
        "app/people.py:19",
    ]


def test_a_fastapi_application_with_its_routers(project: Project) -> None:
    pytest.importorskip("fastapi")
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            from fastapi import Depends, FastAPI
            from app.routes import orders, users
            from app.security import require_token
            from app.settings import settings

            app = FastAPI(title=settings.title, dependencies=[Depends(require_token)])
            app.include_router(users.router)
            app.include_router(orders.router, prefix=settings.prefix)

            @app.get("/")
            def root(): ...
        """,
        "app/settings.py": "import os\nsettings = os.environ['SETTINGS_NOT_SET']\n",
        "app/security.py": "from app.settings import settings\nTOKEN = settings.token\n",
        "app/routes/__init__.py": "",
        "app/routes/users.py": """
            from fastapi import APIRouter
            from pydantic import BaseModel
            from app.schemas import User, Users

            router = APIRouter()

            class Wrapped(BaseModel):
                user: User
                users: list[Users]

            @router.get("/users", response_model=Users)
            def users(): ...

            @router.get("/bad", response_model=print)
            def bad() -> User: ...

            @router.post("/users")
            def create(user: User) -> Wrapped: ...
        """,
        "app/routes/orders.py": """
            from fastapi import APIRouter
            from app.routes.users import Wrapped, rooter

            router = APIRouter()

            @router.get("/orders", response_model=Wrapped)
            def orders(): ...

            @router.get("/worse", response_model=len)
            def worse(): ...
        """,
        "app/schemas.py": "from pydantic import BaseModel\nclass User(BaseModel):\n    name: str\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    below = sys.version_info < (3, 11)  # there a decorator's call is noted at the line of what it decorates
    assert places(seen) == [
        "app/main.py:4",
        f"app/routes/orders.py:{10 + below}",
        "app/routes/orders.py:3",
        f"app/routes/users.py:{15 + below}",
        "app/routes/users.py:4",
        "app/settings.py:2",
    ]


def test_registries_settings_and_tables_that_were_not_filled_are_consequences(project: Project) -> None:
    files = {
        "app/__init__.py": "",
        "app/registry.py": """
            HANDLERS = {}

            class Handler:
                known = {}

                def __init_subclass__(cls, name):
                    Handler.known[name] = cls

            def register(name):
                def decorate(function):
                    HANDLERS[name] = function
                    return function
                return decorate

            def find(name):
                return HANDLERS[name]
        """,
        "app/handlers.py": """
            from app.registry import Handler, HANDLERS, register

            @register("a")
            def a(x=missing_default): ...

            class B(Handler, name="b"):
                size = undefined_too

            HANDLERS.update(c=nothing)
        """,
        "app/main.py": """
            import app.handlers
            from app.registry import Handler, HANDLERS, find
            A = find("a")
            B = Handler.known["b"]
            C = HANDLERS["c"]
            D = HANDLERS.pop("d", None).x
        """,
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == ["app/handlers.py:10", "app/handlers.py:5", "app/handlers.py:8"]


@pytest.mark.parametrize(
    "lost",
    ["import app.handler", "import app.unreadable", "if settings.full:\n                import app.handlers"],
)
def test_what_a_module_that_did_not_run_would_have_filled_is_no_cause(project: Project, lost: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/registry.py": """
            HANDLERS = {}

            class Bus:
                def __init__(self):
                    self.known = []

                def first(self):
                    return self.known[0]

            bus = Bus()
            LIMIT = 0
        """,
        "app/handlers.py": "from app.registry import HANDLERS, bus\nHANDLERS['a'] = 1\nbus.known.append(1)\n",
        "app/unreadable.py": """
            from app.registry import HANDLERS, bus
            HANDLERS["a"] = bus.known.append(1) = 2
        """,
        "app/main.py": f"""
            from app import settings
            {lost}
            from app.registry import HANDLERS, LIMIT, bus
            ONE = HANDLERS["a"]
            assert len(HANDLERS) == 1
            TWO = bus.first()
            SHARE = 1 / LIMIT
        """,
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    expected = {"import app.handler": ["app/main.py:3"], "import app.unreadable": ["app/unreadable.py:3"]}
    shares = "app/main.py:9" if "if" in lost else "app/main.py:8"
    assert places(seen) == sorted(["app/main.py:2", shares, *expected.get(lost, [])])


def test_star_imports_and_circles(project: Project) -> None:
    files = {
        "app/__init__.py": "",
        "app/names.py": "from app.real import *\nfrom app.gone import *\n",
        "app/real.py": "one = 1\n",
        "app/main.py": """
            from app.names import one, two
            from app.real import three
            from app import left
            print(two.x, one)
        """,
        "app/left.py": "from app.right import right\nleft = 1\n",
        "app/right.py": "from app.left import left\nright = 1\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == ["app/main.py:3", "app/names.py:2", "app/right.py:1"]


@pytest.mark.parametrize(
    "fault, lines",
    [
        # so would it be in production
        ("from app import gone\n", ["app/early.py:1", "app/late.py:2"]),
        ("value = undefined_here\n", ["app/early.py:1", "app/late.py:2"]),
        # what it would have imported is not known
        ("value = undefined_here\nif value:\n    from app import late\n", ["app/early.py:1"]),
        ("from app.nowhere import some\n", ["app/early.py:1"]),
        ("def load():\n    undefined_here()\n    from app import late\nload()\n", ["app/early.py:2"]),
        ("import half\nif half.ready:\n    from app import late\n", ["app/early.py:1"]),
        ("import half\nfrom app import late\n", ["app/early.py:1"]),
        ("import lost\nif lost.ready:\n    from app import late\n", ["app/early.py:1"]),
        ("import lost\nfor _ in range(lost.ready):\n    from app import late\n", ["app/early.py:1"]),
    ],
)
def test_circles_that_come_of_going_on(project: Project, fault: str, lines: list[str]) -> None:
    """Modules that may import each other from one side alone, and are imported from the other one now."""
    files = {
        "app/__init__.py": "",
        "app/main.py": "from app import early\nfrom app import second\n",
        "app/early.py": fault,
        "app/late.py": "late = 1\nfrom app.second import second\n",
        "app/second.py": "from app.late import late\nsecond = 1\n",
        # a library that stays half loaded once it has found the wrong module
        "../libraries/half.py": """
            import sys
            if hasattr(sys, "half"):
                raise ImportError("cannot be loaded more than once")
            sys.half = True
            from colorsys import rgb_to_hsv
            ready = True
        """,
        "../libraries/lost.py": "import colorsys\nready = len([colorsys.rgb_to_hsv])\n",
        "colorsys.py": "",
    }

    seen = project.inspect(
        files,
        "app.main",
        packages=("app", "colorsys"),
        pythonpath=(str(project.root), str(project.root.parent / "libraries")),
    )

    assert places(seen) == lines


@pytest.mark.parametrize("turned", [False, True])
def test_circles_that_fail_from_every_side(project: Project, turned: bool) -> None:
    """They are told at once, whatever has failed before."""
    files = {
        "app/__init__.py": "",
        "app/main.py": "from app import early\nfrom app import " + ("three" if turned else "one") + "\n",
        "app/early.py": "from app import gone\nfrom app.nowhere import some\n",
        "app/one.py": "from app.two import two\none = 1\n",
        "app/two.py": "if True:\n    from app.three import three\ntwo = 2\n",
        "app/three.py": "from app.one import one\nthree = 3\n",
    }

    seen = project.inspect(files, "app.main")

    circle = "app/two.py:2" if turned else "app/three.py:1"
    assert places(seen) == ["app/early.py:1", "app/early.py:2", circle]


def test_a_factory_goes_on_behind_its_imports(project: Project) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            def create_app():
                from app.one import first
                from app.two import second
                if first.enabled:
                    from app.three import third
                    import nobody_has_this
                import app.four
                first.run(second)
                return app.four.made
        """,
        "app/one.py": "",
        "app/two.py": "import app.nowhere\nsecond = 1\n",
        "app/four.py": "made = undefined_here\n",
    }

    seen = project.inspect(files, "app.main:create_app()", kind="web")

    assert places(seen) == ["app/four.py:1", "app/main.py:3", "app/two.py:1"]


def test_a_hidden_standard_module_and_a_hidden_distribution_are_mended_for_real(project: Project) -> None:
    files = {
        "email/__init__.py": "",
        "app/__init__.py": "",
        "app/main.py": """
            import email.message
            import packaging.version
            from app.core import absent
            value = email.message.Message()
            number = packaging.version.Version("1") / 0
            import http.client
        """,
        "app/core.py": "",
    }

    seen = project.inspect(
        files, "app.main:app", kind="web", hidden={"packaging": "packaging"}, packages=("app",)
    )

    assert places(seen) == ["app/main.py:2", "app/main.py:3", "app/main.py:4", "app/main.py:6"]
    shadowed, hidden = at(seen, "app/main.py:2").missing, at(seen, "app/main.py:3").missing
    assert shadowed is not None
    assert hidden is not None
    assert (shadowed.shadow, hidden.distribution) == ("email/__init__.py", "packaging")


def test_a_celery_worker_and_the_modules_that_it_searches(project: Project) -> None:
    pytest.importorskip("celery")
    files = {
        "app/__init__.py": "",
        "app/worker.py": """
            from celery import Celery
            from app.config import broker
            app = Celery("app", broker=broker)
            app.conf.update(imports=["app.reports"])
            app.autodiscover_tasks(["app.one", "app.two"])
        """,
        "app/config.py": "",
        "app/reports.py": "from app.config import reports\n",
        "app/one/__init__.py": "",
        "app/one/tasks.py": "from app.config import one\n",
        "app/two/__init__.py": "",
        "app/two/tasks.py": """
            from app.worker import app
            from app.config import two
            @app.task(base=two)
            def task(): ...
        """,
    }

    seen = project.inspect(files, "app.worker", kind="celery")

    assert places(seen) == ["app/one/tasks.py:1", "app/reports.py:1", "app/two/tasks.py:3", "app/worker.py:3"]


@pytest.mark.parametrize(
    "ending",
    [
        "import os; os._exit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "raise SystemExit(1)",
    ],
)
def test_what_was_found_before_the_interpreter_ends_is_kept(project: Project, ending: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": f"from app import a\nfrom app import b\n{ending}\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == ["app/main.py:1", "app/main.py:2"]
    assert seen.problems == ()


def test_a_module_runs_as_it_would_as_a_whole(project: Project) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            "The docstring."
            from __future__ import annotations
            from app import missing
            import inspect, sys
            "another text"
            assert __doc__ == "The docstring.", __doc__
            def f(x: NotDefined) -> AlsoNot: ...
            assert f.__annotations__["x"] == "NotDefined"
            class C:
                "Of C."
                def method(self): return super().__hash__()
            assert C().method() and C.__module__ == __name__ == "app.main"
            assert "x: NotDefined" in inspect.getsource(f)
            assert sys._getframe().f_lineno == 15
            assert __file__.endswith("main.py") and __spec__.name == __name__
            if (count := 3) > 2:
                big = True
            elif big:
                pass
            else:
                undefined
            assert big and count == 3
            fault = 1 / 0
        """,
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == ["app/main.py:24", "app/main.py:4"]


def test_the_number_of_causes_is_bounded(project: Project) -> None:
    lines = "\n".join(f"from app import name_{number}" for number in range(120))

    seen = project.inspect({"app/__init__.py": "", "app/main.py": lines + "\n"}, "app.main:app", kind="web")

    assert len(seen.entry.further) == 49


def test_modules_that_functions_reach_tell_all_their_causes(project: Project) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            def app(scope, receive, send):
                from app import reports
                from app import exports
        """,
        "app/reports.py": "from app import one\nfrom app import two\nvalue = 1 / 0\n",
        "app/exports.py": "from app import one\nimport app.deeper\n",
        "app/deeper.py": "from app import one\nfrom app import three\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web", closure=True)

    reports, exports = seen.modules["app.reports"], seen.modules["app.exports"]
    assert reports.failure is not None
    assert exports.failure is not None
    assert str(exports.failure.location) == "app/exports.py:1"
    assert sorted(str(one.location) for one in (*reports.further, *exports.further)) == [
        "app/deeper.py:2",
        "app/reports.py:2",
        "app/reports.py:3",
    ]
    assert any(
        "app/deeper.py:1" in map(str, module.failure.also) for module in (reports, exports) if module.failure
    )


def test_a_misspelt_import_is_one_fault_although_its_name_is_missed_later(project: Project) -> None:
    """Spelt right, it would have bound what the module uses; a name that nothing binds is another fault."""
    files = {
        "app.py": """
            from kinds import StatusTpye, Other
            class Task:
                status = StatusType
                other = Other
                owner = Nobody
        """,
        "kinds.py": "StatusType = 1\nOther = 2\n",
    }
    seen = project.inspect(files, packages=("app", "kinds"))
    assert places(seen) == ["app.py:2"]
    files["app.py"] = files["app.py"].replace("status = StatusType", "pass")
    seen = project.inspect(files, packages=("app", "kinds"))
    assert places(seen) == ["app.py:2", "app.py:6"]


def test_a_misspelt_import_through_a_library_s_own_import_is_one_fault(project: Project) -> None:
    """A library that puts a function of its own in the place of ``__import__`` runs the statement, then."""
    files = {
        "site-packages/hook.py": """
            import builtins
            original = builtins.__import__
            def hooked(*arguments, **keywords):
                return original(*arguments, **keywords)
            builtins.__import__ = hooked
        """,
        "app.py": """
            import hook
            from kinds import StatusTpye
            class Task:
                status = StatusType
        """,
        "kinds.py": "StatusType = 1\n",
    }
    seen = project.inspect(
        files, packages=("app", "kinds"), pythonpath=(str(project.root / "site-packages"),)
    )
    assert places(seen) == ["app.py:3"]


def test_what_fails_only_in_the_second_run_is_told_with_what_stands_behind_it(project: Project) -> None:
    """The modules that the first failure does not come out of are executed at once, until one raises."""
    files = {
        "app/__init__.py": "",
        "app/main.py": "import app.early\nimport app.late\n",
        "app/early.py": """
            from pathlib import Path

            SEEN = Path("seen")
            if SEEN.exists():
                FIRST = 1
                LIMIT = int("many")
                from app.mails import sned
            else:
                SEEN.touch()
            from app.mails import send
        """,
        "app/mails.py": "def send(): ...\n",
        "app/late.py": "LAST = int('few')\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == ["app/early.py:7", "app/early.py:8", "app/late.py:1"]


def test_what_a_module_that_ran_at_once_made_of_others_is_known_when_they_are_touched(
    project: Project,
) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": "from app import early, broken, late\n",
        "app/early.py": "from app.registry import *\nKNOWN = {'kinds': registered}\n",
        "app/registry.py": "registered = []\n",
        "app/broken.py": "from app.registry import registered\nregistered.append(missing)\n",
        "app/late.py": "from app.early import KNOWN\nLAST = KNOWN['kinds'][0]\n",
    }

    seen = project.inspect(files, "app.main:app", kind="web")

    assert places(seen) == ["app/broken.py:2"]  # the list may well have had an element
