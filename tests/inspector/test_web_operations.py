"""Which endpoints ask for a credential, seen on the frameworks' own objects."""

from __future__ import annotations

import sys

import pytest

from pytest_prodready.facts import Operation, Scheme
from tests.inspector.projects import Project

BEARER = (Scheme("authorization", "Bearer"),)


def operations(project: Project, text: str, **more: str) -> dict[str, Operation]:
    """The guarded operations of the application that a module ``app`` makes, by path."""
    files = {"app.py": text, **{name.replace("__", "/") + ".py": source for name, source in more.items()}}
    settings = "settings" if "settings" in more else ""
    packages = ("app", *(name.partition("__")[0] for name in more))
    seen = project.inspect(
        files, "app:app", kind="web", packages=packages, settings_module=settings, jobs=("health",)
    )
    assert seen.entry.failure is None, seen.failure
    assert seen.problems == ()
    assert seen.entry.app is not None
    return {one.path: one for one in seen.entry.app.operations}


def lines(found: dict[str, Operation]) -> dict[str, str]:
    """Path → the line of the handler."""
    return {path: str(one.location) for path, one in found.items()}


FASTAPI = """\
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from fastapi.security import APIKeyCookie, APIKeyHeader, APIKeyQuery
from fastapi.security import HTTPBasic, HTTPBearer, OAuth2PasswordBearer

bearer, maybe = HTTPBearer(), HTTPBearer(auto_error=False)
oauth = OAuth2PasswordBearer("token")

class Own(HTTPBearer):
    async def __call__(self, request: Request):
        return None

def user(token=Depends(oauth)): return token
def replaced(token=Depends(oauth)): return token

app = FastAPI()
admin = APIRouter(prefix="/admin", dependencies=[Depends(bearer)])

@app.get("/open")
def opened(): ...
@app.get("/me")
def me(user=Depends(user)): ...
@app.get("/maybe")
def may_be(token=Depends(maybe)): ...
@app.get("/own")
def own(token=Depends(Own())): ...
@app.get("/basic")
def basic(login=Depends(HTTPBasic())): ...
@app.get("/keys")
def keys(a=Depends(APIKeyHeader(name="X-Key")), b=Depends(APIKeyQuery(name="key")),
         c=Depends(APIKeyCookie(name="sid"))): ...
@app.get("/tenant")
def tenant(a=Depends(APIKeyHeader(name="X-Tenant"))): ...
@app.get("/replaced")
def overridden(user=Depends(replaced)): ...
@app.get("/items/{item}")
def item(item: int, user=Depends(user)): ...
@app.get("/search")
def search(q: str, user=Depends(user)): ...
@app.get("/header")
def header(user=Depends(user), x_tenant: str = Header()): ...
@app.get("/paged")
def paged(user=Depends(user), page: int = Query(1)): ...
@app.post("/post")
def post(user=Depends(user)): ...
@admin.get("/stats")
def stats(): ...

app.include_router(admin)
sub = FastAPI()
@sub.get("/inner")
def inner(token=Depends(bearer)): ...
app.mount("/sub", sub)
app.dependency_overrides[replaced] = lambda: "somebody"
"""


def test_fastapi_dependencies(project: Project) -> None:
    """Security schemes are found however deep; what they let pass, and what stands in their way, is known."""
    pytest.importorskip("fastapi")
    found = operations(project, FASTAPI)
    assert {path: (one.schemes, one.optional, one.source) for path, one in found.items()} == {
        "/me": (BEARER, False, "Depends(OAuth2PasswordBearer)"),
        "/maybe": (BEARER, True, "Depends(HTTPBearer)"),
        "/own": (BEARER, True, "Depends(Own)"),
        "/basic": ((Scheme("authorization", "Basic"),), False, "Depends(HTTPBasic)"),
        "/keys": (
            (Scheme("header", "X-Key"), Scheme("query", "key"), Scheme("cookie", "sid")),
            False,
            "Depends(APIKeyHeader)",
        ),
        "/tenant": ((Scheme("header", "X-Tenant"),), False, "Depends(APIKeyHeader)"),
        "/replaced": (BEARER, False, "Depends(OAuth2PasswordBearer)"),
        "/paged": (BEARER, False, "Depends(OAuth2PasswordBearer)"),
        "/admin/stats": (BEARER, False, "Depends(HTTPBearer)"),
        "/sub/inner": (BEARER, False, "Depends(HTTPBearer)"),
    }
    assert {path: one.doubt for path, one in found.items() if one.doubt} == {
        "/tenant": "X-Tenant may be no credential",
        "/replaced": "app.dependency_overrides replaces replaced",
    }
    assert str(found["/me"].location) == "app.py:20"
    assert str(found["/admin/stats"].location) == "app.py:45"


def test_an_openapi_document_that_tells_guarded_from_open(project: Project) -> None:
    """What only the document says is in doubt, and a document that says it of everything says nothing."""
    pytest.importorskip("fastapi")
    extra = '@app.get("/said", openapi_extra={"security": [{"x": []}]})\ndef said(): ...\n'
    text = f"from fastapi import FastAPI\napp = FastAPI()\n{extra}"
    assert operations(project, text) == {}
    free = '@app.get("/free", openapi_extra={"security": [{"x": []}, {}]})\ndef free(): ...\n'
    found = operations(project, f'{text}{free}@app.get("/open")\ndef opened(): ...\n')
    assert found == {
        "/said": Operation("/said", source="the OpenAPI document", doubt="only its OpenAPI document says so")
    }


def test_starlette_requires(project: Project) -> None:
    """The decorator of Starlette's own, where it asks for a scope at all."""
    pytest.importorskip("starlette")
    found = operations(
        project,
        """\
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.routing import Mount, Route

@requires("authenticated")
async def closed(request): ...
@requires([])
def nothing(request): ...
def opened(request): ...

app = Starlette(routes=[Route("/opened", opened), Route("/nothing", nothing),
                        Mount("/in", routes=[Route("/closed", closed)])])
""",
    )
    assert lines(found) == {"/in/closed": "app.py:5"}
    assert found["/in/closed"].decided_by == "authentication backend"


FLASK = """\
from functools import wraps
from flask import Flask
from flask.views import MethodView
from flask_login import LoginManager, login_required
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth
from flask_jwt_extended import jwt_required

app = Flask("shop")
basic, token = HTTPBasicAuth(), HTTPTokenAuth(header="X-Token")
LoginManager(app)

def logged(view):
    @wraps(view)
    def around(*arguments, **named):
        return view(*arguments, **named)
    return around

@app.route("/open")
@logged
def opened(): ...
@app.route("/login")
@login_required
@logged
def login(): ...
@app.route("/around")
@logged
@login_required
def around(): ...
@login_required
@app.route("/above")
def above(): ...
@app.route("/basic")
@basic.login_required
def with_basic(): ...
@app.route("/token")
@token.login_required(role="admin")
def with_token(): ...
@app.route("/guest")
@basic.login_required(optional=True)
def guest(): ...
@app.route("/jwt")
@jwt_required()
def jwt(): ...
@app.route("/perhaps")
@jwt_required(optional=True)
def perhaps(): ...
@app.route("/one/<name>")
@login_required
def one(name): ...
@app.route("/post", methods=["POST"])
@login_required
def post(): ...

class Page(MethodView):
    decorators = [login_required]
    def get(self): ...
class Method(MethodView):
    @login_required
    def get(self): ...
app.add_url_rule("/page", view_func=Page.as_view("page"))
app.add_url_rule("/method", view_func=Method.as_view("method"))
"""


def test_flask_decorators(project: Project) -> None:
    """Flask-Login, Flask-HTTPAuth and Flask-JWT-Extended; also one above the route, which never guards it."""
    for module in ("flask_login", "flask_httpauth", "flask_jwt_extended"):
        pytest.importorskip(module)
    found = operations(project, FLASK)
    assert {path: (one.schemes, one.optional, one.source) for path, one in found.items()} == {
        "/login": ((), False, "@login_required"),
        "/around": ((), False, "@login_required"),
        "/above": ((), False, "@login_required, above the route"),
        "/basic": ((Scheme("authorization", "Basic"),), False, "@auth.login_required"),
        "/token": ((Scheme("header", "X-Token"),), False, "@auth.login_required"),
        "/guest": ((Scheme("authorization", "Basic"),), True, "@auth.login_required"),
        "/jwt": (BEARER, False, "@jwt_required"),
        "/perhaps": (BEARER, True, "@jwt_required"),
        "/page": ((), False, "@login_required"),
        "/method": ((), False, "@login_required"),
    }
    assert {path: one.doubt for path, one in found.items() if one.doubt} == {
        # before Python 3.11, compiled code has no qualified name
        "/around": "the application's own decorator "
        f"{'logged' if sys.version_info >= (3, 11) else 'around'} stands before it"
    }
    assert str(found["/login"].location) == "app.py:21"
    assert str(found["/above"].location) == "app.py:29"
    assert str(found["/page"].location) == "app.py:54"


@pytest.mark.parametrize(
    "line, doubt",
    [
        ('app.config["LOGIN_DISABLED"] = True', "LOGIN_DISABLED is set"),
        (
            "app.login_manager.unauthorized_handler(lambda: 'no')",
            "the application itself answers who is not logged in",
        ),
    ],
)
def test_what_switches_flask_login_off_is_a_doubt(project: Project, line: str, doubt: str) -> None:
    """Development settings, and an answer of the application's own, may be meant."""
    pytest.importorskip("flask_login")
    found = operations(
        project,
        "from flask import Flask\nfrom flask_login import LoginManager, login_required\napp = Flask('x')\n"
        f"LoginManager(app)\n@app.route('/a')\n@login_required\ndef a(): ...\n{line}\n",
    )
    assert found["/a"].doubt == doubt


SETTINGS = """\
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
ROOT_URLCONF = "urls"
DATABASES = {}
REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
"""
URLS = """\
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_page
from django.views.generic import TemplateView, View
from rest_framework import permissions, viewsets
from rest_framework.decorators import api_view, permission_classes
from rest_framework.views import APIView

def opened(request): ...
@cache_page(60)
@login_required
def closed(request): ...
@staff_member_required
def staff(request): ...
@permission_required("x.y")
def permitted(request): ...
@user_passes_test(lambda user: True)
def tested(request): ...
class Mixed(LoginRequiredMixin, View):
    def get(self, request): ...
class Behind(TemplateView, LoginRequiredMixin):
    template_name = "x.html"
class Own(LoginRequiredMixin, View):
    def dispatch(self, request): ...
class OwnRest(APIView):
    def check_permissions(self, request): ...
class Tested(UserPassesTestMixin, View): ...
@method_decorator(login_required, name="dispatch")
class Decorated(View): ...
class Rest(APIView):
    def get(self, request): ...
class Public(APIView):
    permission_classes = [permissions.AllowAny]
class Either(APIView):
    permission_classes = [permissions.IsAuthenticated | permissions.AllowAny]
class Reading(APIView):
    permission_classes = [permissions.IsAuthenticatedOrReadOnly]
class Asked(APIView):
    def get_permissions(self): return []
class Mine(permissions.IsAuthenticated):
    def has_permission(self, request, view): return True
class Lax(APIView):
    permission_classes = [Mine]
class Things(viewsets.ViewSet):
    permission_classes = [permissions.IsAdminUser]
    def list(self, request): ...
    def create(self, request): ...
@api_view(["GET"])
@permission_classes([permissions.IsAuthenticated])
def called(request): ...

inner = [path("closed", closed), path("<int:number>", closed)]
urlpatterns = [
    path("opened", opened), path("in/", include(inner)), path("staff", staff), path("permitted", permitted),
    path("tested", tested), path("mixed", Mixed.as_view()), path("behind", Behind.as_view()),
    path("passes", Tested.as_view()), path("decorated", Decorated.as_view()), path("rest", Rest.as_view()),
    path("public", Public.as_view()), path("either", Either.as_view()), path("reading", Reading.as_view()),
    path("own", Own.as_view()), path("ownrest", OwnRest.as_view()),
    path("asked", Asked.as_view()), path("lax", Lax.as_view()),
    path("list", Things.as_view({"get": "list"})), path("create", Things.as_view({"post": "create"})),
    path("called", called), re_path(r"^old/(\\\\d+)$", closed), path("", login_required(opened)),
]
"""
WSGI = """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
"""


def test_django_decorators_mixins_and_permissions(project: Project) -> None:
    """What lets in only who is logged in; every test and permission that may say otherwise is left alone."""
    pytest.importorskip("rest_framework")
    found = operations(project, WSGI, settings=SETTINGS, urls=URLS)
    assert {path: (one.source, str(one.location)) for path, one in found.items()} == {
        "/in/closed": ("@login_required", "urls.py:13"),
        "/staff": ("@staff_member_required", "urls.py:16"),
        "/mixed": ("LoginRequiredMixin", "urls.py:22"),
        "/behind": ("LoginRequiredMixin", "urls.py:24"),
        "/decorated": ("@login_required", "urls.py:32"),
        "/rest": ("permission_classes = [IsAuthenticated]", "urls.py:33"),
        "/list": ("permission_classes = [IsAdminUser]", "urls.py:47"),
        "/called": ("permission_classes = [IsAuthenticated]", "urls.py:51"),
        "/": ("@login_required", "urls.py:12"),
        "/own": ("LoginRequiredMixin", "urls.py:26"),
        "/ownrest": ("permission_classes = [IsAuthenticated]", "urls.py:28"),
    }
    assert {path: one.doubt for path, one in found.items() if one.optional or one.doubt} == {
        "/own": "Own has a method dispatch of its own",
        "/ownrest": "OwnRest has a method check_permissions of its own",
    }


def test_nothing_is_said_of_other_applications(project: Project) -> None:
    """An application without a framework that is known, and one that raises wherever it is touched."""
    plain = "async def app(scope, receive, send): pass\n"
    assert operations(project, plain) == {}
    hostile = """\
class Hostile:
    def __getattr__(self, name): raise RuntimeError(name)
    async def __call__(self, scope, receive, send): ...
app = Hostile()
"""
    assert operations(project, hostile) == {}
