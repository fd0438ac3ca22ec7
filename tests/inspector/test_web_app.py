# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import pytest

from pytest_prodready.facts import App
from tests.inspector.projects import Project

ASGI = "async def app(scope, receive, send): pass\n"
WSGI = "def app(environ, start_response): return []\n"


def app(project: Project, text: str, target: str = "app:app", **options: object) -> App:
    """What ``target`` names in a module ``app`` with this text."""
    seen = project.inspect({"app.py": text}, target, kind="web", **options)  # type: ignore[arg-type]  # passed on
    assert seen.entry.failure is None, seen.failure
    assert seen.problems == ()
    assert seen.entry.app is not None
    return seen.entry.app


@pytest.mark.parametrize(
    "text, interface",
    [
        (ASGI, "asgi"),
        (WSGI, "wsgi"),
        ("class App:\n    async def __call__(self, scope, receive, send): pass\napp = App()\n", "asgi"),
        ("class App:\n    def __call__(self, environ, start_response): pass\napp = App()\n", "wsgi"),
        ("class App:\n    def f(self, environ, start_response): pass\napp = App().f\n", "wsgi"),
        ("def app(scope, receive, send): return send\n", "asgi"),
        (
            ASGI
            + "import functools\ninner = app\nasync def outer(x, scope, receive, send): pass\napp = functools.partial(outer, 1)\n",
            "asgi",
        ),
        (
            "class app:\n    def __init__(self, environ, start_response): pass\n    def __iter__(self): yield b''\n",
            "wsgi",
        ),
        (
            "class app:\n    def __init__(self, scope, receive, send): pass\n    def __await__(self): yield\n",
            "asgi",
        ),
        ("def app(*arguments): pass\n", ""),
    ],
)
def test_what_a_server_can_serve(project: Project, text: str, interface: str) -> None:
    """An application in each of the forms that servers take has no problem."""
    found = app(project, text)
    assert (found.problem, found.interface) == ("", interface)


@pytest.mark.parametrize(
    "module, text, interface, kind",
    [
        ("fastapi", "from fastapi import FastAPI\napp = FastAPI()\n", "asgi", "fastapi.applications.FastAPI"),
        ("fastapi", "from fastapi import FastAPI\nclass Mine(FastAPI): pass\napp = Mine()\n", "asgi", "app.Mine"),
        ("starlette", "from starlette.applications import Starlette\napp = Starlette()\n", "asgi", "starlette.applications.Starlette"),
        ("flask", "from flask import Flask\napp = Flask('x')\n", "wsgi", "flask.app.Flask"),
        ("flask", "from flask import Flask\napp = Flask('x')\nmade = app\nclass Wrap:\n    def __init__(self, app): self.app = app\n    def __call__(self, environ, start_response): pass\napp = Wrap(app)\n", "wsgi", "app.Wrap"),
    ],
)  # fmt: skip
def test_frameworks(project: Project, module: str, text: str, interface: str, kind: str) -> None:
    """The frameworks' applications are recognised, subclasses and wrapped ones too."""
    pytest.importorskip(module)
    found = app(project, text)
    assert (found.problem, found.interface, found.type) == ("", interface, kind)
    assert found.routes is not None


@pytest.mark.parametrize(
    "text, target, problem, detail",
    [
        ("application = 1\n", "app:app", "missing", "app"),
        (WSGI + "class x: pass\n", "app:x.y", "missing", "x.y"),
        ("app = 3\n", "app:app", "not-callable", "an object of type int"),
        ("def app(): pass\n", "app:app", "factory", "function"),
        ("def app(config=None, *, debug=False): pass\n", "app:app", "factory", "function"),
        ("def create(config): pass\n", "app:create()", "needs-arguments", "create(config)"),
        ("def create(config, *, debug): pass\n", "app:create('x')", "needs-arguments", "create(config, *, debug)"),
        ("create = 3\n", "app:create()", "not-callable", "an object of type int"),
        ("def create(): return 3\n", "app:create()", "not-callable", "an object of type int"),
        ("def create(): pass\n", "app:create()", "not-callable", "an object of type NoneType"),
        ("async def create(): pass\n", "app:create()", "not-an-app", "a coroutine: no server awaits a factory"),
        ("class app:\n    def __call__(self, environ, start_response): pass\n", "app:app", "not-an-app", "the class app, not an instance of it"),
        ("def app(a, b, c, d): pass\n", "app:app", "not-an-app", "a function that takes 4 arguments"),
        ("import json as app\n", "app:app", "not-callable", "an object of type module"),
    ],
)  # fmt: skip
def test_what_no_server_can_serve(
    project: Project, text: str, target: str, problem: str, detail: str
) -> None:
    """Each says what was found instead of an application."""
    found = app(project, text, target)
    assert (found.problem, found.detail, found.interface, found.routes) == (problem, detail, "", None)


def test_a_missing_name_says_what_there_is(project: Project) -> None:
    """The module's public names are the candidates."""
    found = app(project, "import os\napplication = 1\n_private = 1\n")
    assert found.available == ("application", "os")
    assert str(found.location) == "app.py"


@pytest.mark.parametrize(
    "target, expected",
    [
        ("app:create()", "()"),
        ("app:create('prod')", "prod"),
        ("app:create(name='x')", "x"),
        ("app:factories.create()", "()"),
    ],
)
def test_a_factory_is_called_as_the_server_calls_it(project: Project, target: str, expected: str) -> None:
    """With its literal arguments, through dotted names, once."""
    text = """\
calls = []
def create(name="()"):
    calls.append(name)
    assert calls == [EXPECTED]
    def app(environ, start_response): return []
    return app
class factories:
    create = staticmethod(create)
""".replace("EXPECTED", repr(expected))
    found = app(project, text, target)
    assert (found.problem, found.factory, found.interface) == ("", True, "wsgi")


def test_a_factory_that_raises_is_the_failure(project: Project) -> None:
    """With the line in the factory."""
    text = "def create():\n    raise ValueError('no database')\n"
    seen = project.inspect({"app.py": text}, "app:create()", kind="web")
    assert (seen.failure.type, seen.failure.message) == ("ValueError", "no database")
    assert str(seen.failure.location) == "app.py:2"


@pytest.mark.parametrize(
    "text, line",
    [
        ("x = 1\napp = 3\n", 2),
        ("x = 1\n\ndef app(): pass\n", 3),
        ("import json\nfrom json import loads as app\n", 2),
        ("app: object = 3\n", 1),
        ("x = 1\nif x:\n    app = 3\n", None),
    ],
)
def test_the_place_is_the_line_that_binds_the_name(project: Project, text: str, line: int | None) -> None:
    """Or the file alone, where no single statement of the module does."""
    found = app(project, text)
    assert found.location is not None
    assert (found.location.file, found.location.line) == ("app.py", line)


@pytest.mark.parametrize(
    "value",
    [
        "type('Odd', (), {'__call__': lambda *a: None, '__getattr__': lambda self, name: 1 / 0})()",
        "type('Odd', (), {'__call__': lambda *a: None, 'routes': property(lambda self: 1 / 0)})()",
        "type('Odd', (), {'__call__': lambda *a: None, 'routes': [object()]})()",
        "type('Odd', (), {'__call__': lambda *a: None, '__bool__': lambda self: 1 / 0, '__eq__': lambda *a: 1 / 0})()",
        "type('Odd', (), {'__call__': lambda *a: None, '__slots__': ()})()",
        "type('Odd', (), {'__call__': lambda *a: None, '__class__': property(lambda self: 1 / 0)})()",
        "type('Odd', (), {'__call__': lambda *a: None, '__signature__': 3})()",
    ],
)
def test_odd_objects_raise_nothing(project: Project, value: str) -> None:
    """An application that answers in its own way has no known routes, and no problem."""
    found = app(project, f"app = {value}\n")
    assert (found.problem, found.routes) == ("", None)


def paths(found: App) -> dict[str, tuple[str, ...]]:
    """Path → methods of the application's routes."""
    assert found.routes is not None
    return {route.path: route.methods for route in found.routes}


def test_the_routes_of_fastapi(project: Project) -> None:
    """Included routers with all their prefixes, mounted applications, and what the application adds itself."""
    pytest.importorskip("fastapi")
    text = """\
from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
app, inner, outer, other = FastAPI(), APIRouter(prefix="/inner"), APIRouter(), FastAPI(openapi_url=None)
@app.get("/health")
def health(): pass
@inner.post("/thing/{id}")
def thing(): pass
@other.get("/deep")
def deep(): pass
async def opaque(scope, receive, send): pass
outer.include_router(inner, prefix="/v1")
app.include_router(outer, prefix="/api")
app.mount("/other", other)
app.mount("/static", opaque)
"""
    found = app(project, text)
    listed = paths(found)
    assert listed["/health"] == ("GET",)
    assert listed["/api/v1/inner/thing/{id}"] == ("POST",)
    assert listed["/other/deep"] == ("GET",)
    assert "GET" in listed["/static/{path:path}"]
    assert "/openapi.json" in listed
    assert found.routes is not None
    assert {route.endpoint for route in found.routes} >= {"health", "thing", "deep"}


def test_the_routes_behind_asgi_middleware(project: Project) -> None:
    """The routes of the innermost application are the ones that are served."""
    pytest.importorskip("starlette")
    text = """\
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
async def health(request): pass
app = GZipMiddleware(Starlette(routes=[Route("/health", health)]))
"""
    found = app(project, text)
    assert found.interface == "asgi"
    assert set(paths(found)["/health"]) == {"GET", "HEAD"}


def test_the_routes_of_flask(project: Project) -> None:
    """Blueprints included, behind WSGI middleware too."""
    pytest.importorskip("flask")
    text = """\
from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix
flask, shop = Flask("x"), Blueprint("shop", "x", url_prefix="/shop")
@flask.route("/health", methods=["GET"])
def health(): pass
@shop.post("/order/<int:id>")
def order(id): pass
flask.register_blueprint(shop)
app = ProxyFix(flask)
"""
    listed = paths(app(project, text))
    assert "GET" in listed["/health"]
    assert "POST" in listed["/shop/order/<int:id>"]


def test_the_routes_of_django(project: Project) -> None:
    """Included URL configurations with their prefixes, paths and regular expressions."""
    pytest.importorskip("django")
    project.write(
        {
            "conf.py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'urls'\nALLOWED_HOSTS = ['*']\n",
            "urls.py": """\
                from django.urls import include, path, re_path
                def view(request): pass
                inner = [path("order/<int:id>/", view, name="order"), re_path("^old/[0-9]+$", view)]
                urlpatterns = [path("health/", view, name="health"), path("shop/", include(inner))]
                """,
        }
    )
    text = "from django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()\n"
    found = app(project, text, settings_module="conf")
    assert found.interface == "wsgi"
    assert list(paths(found)) == ["/health/", "/shop/order/{int:id}/", "/shop/old/[0-9]+"]
    text = text.replace("wsgi", "asgi")
    assert app(project, text, settings_module="conf").interface == "asgi"


@pytest.mark.parametrize(
    "text, module",
    [
        (
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf')\nfrom django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()\n",
            "conf",
        ),
        (
            "from django.conf import settings\nsettings.configure()\nfrom django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()\n",
            "",
        ),
        # asking what nobody has loaded yet would load it
        ("os.environ['DJANGO_SETTINGS_MODULE'] = 'nowhere'\nfrom django.conf import settings\n" + WSGI, ""),
        (
            "import sys\nclass Odd:\n    def __getattr__(self, name): raise ZeroDivisionError\nsys.modules['django.conf'] = Odd()\n"
            + WSGI,
            "",
        ),
        (WSGI, ""),
    ],
)
def test_the_settings_module_that_is_in_effect(project: Project, text: str, module: str) -> None:
    """Whoever has named it: here the module of the application itself, and no file that is looked at before."""
    pytest.importorskip("django")
    project.write({"conf.py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'conf'\nurlpatterns = []\n"})
    assert app(project, f"import os\n{text}").settings_module == module


def test_a_module_entry_names_any_object(project: Project) -> None:
    """What a test asks to import need be no application, but must exist."""
    project.write({"app.py": "class models:\n    Payment = 1\n"})
    assert project.inspect({}, "app:models.Payment").entry.failure is None
    seen = project.inspect({}, "app:models.Order")
    assert seen.failure.message == "cannot import name 'models.Order' from 'app'"
