# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_prodready.facts import BrokenImport, Module
from pytest_prodready.inspector.deferred import Reader
from pytest_prodready.inspector.holder import Holder
from pytest_prodready.inspector.import_reading import may_have, read
from tests.inspector.projects import Project, Seen


def walk(
    project: Project, files: dict[str, str], packages: tuple[str, ...] = ("app",), **options: object
) -> Seen:
    """The closure of the module ``app``."""
    files = {"app/__init__.py": "", **files}
    return project.inspect(files, closure=True, packages=packages, **options)  # type: ignore[arg-type]  # passed on


def function(*body: str, name: str = "f") -> str:
    """A function with this body."""
    return f"def {name}():\n" + textwrap.indent("\n".join(body), "    ") + "\n"


def failing(seen: Seen) -> dict[str, Module]:
    """The modules of the closure that raised."""
    return {name: module for name, module in seen.modules.items() if module.failure is not None}


@pytest.mark.parametrize(
    "statement",
    [
        "from app.models import Payment",
        "from .models import Payment",
        "from . import models",
        "import app.models",
        "import app.models as m",
        "from app import models, helpers",
        "from app.sub import leaf",
        "from .sub.leaf import thing",
        "from app.sub import made_by_getattr",
        "from app.namespace import part",
        "from app.namespace.part import x",
        "from app.models import imported_there",
        "from app.star import exported",
        "from app.compiled_names import MADE",
        "import json.tool",
        "from email.mime.text import MIMEText",
        "from xml import etree",
        "from os import path",
    ],
)
def test_what_resolves_is_silent(project: Project, statement: str) -> None:
    """Names resolve as they do when the function runs, submodules that nothing has imported yet included."""
    seen = walk(
        project,
        {
            "app/__init__.py": function(statement),
            "app/models.py": "from json import dumps as imported_there\nclass Payment: pass\n",
            "app/helpers.py": "",
            "app/sub/__init__.py": "def __getattr__(name):\n    if name == 'made_by_getattr': return 1\n    raise AttributeError(name)\n",
            "app/sub/leaf.py": "thing = 1\n",
            "app/namespace/part.py": "x = 1\n",
            "app/star.py": "from app.starred import *\n",
            "app/starred.py": "__all__ = ['exported']\nexported = 1\n",
            "app/compiled_names.py": "globals()['MADE'] = 1\n",
        },
    )
    assert seen.broken == []
    assert failing(seen) == {}


def test_a_wrong_name_says_what_is_there(project: Project) -> None:
    """A first-party name that does not exist is found with its place and with the names that do."""
    seen = walk(
        project,
        {
            "app/tasks.py": "import app.models\n\n"
            + function("x = 1", "from app.models import Payment, Refund"),
            "app/models.py": "class PaymentTransaction: pass\nclass Refund: pass\n",
            "app/__init__.py": "import app.tasks\n",
        },
    )
    (broken,) = seen.modules["app.tasks"].broken
    assert (str(broken.location), broken.function) == ("app/tasks.py:5", "f")
    assert broken.statement == "from app.models import Payment"
    assert broken.own
    missing = broken.failure.missing
    assert missing is not None
    assert (missing.module, missing.name, missing.file) == ("app.models", "Payment", "app/models.py")
    assert missing.available == ("PaymentTransaction", "Refund")
    assert seen.modules["app.tasks"].deferred == 1


@pytest.mark.parametrize(
    "statement, broken",
    [
        ("from app.models import Payment", "from app.models import Payment"),
        ("from .models import Payment", "from app.models import Payment"),
        ("from . import gone", "from app import gone"),
        ("from .gone import x", "from app.gone import x"),
        ("import app.gone", "import app.gone"),
        ("import app.models.deeper", "import app.models.deeper"),
        ("from app.sub.gone import x", "from app.sub.gone import x"),
        ("from app.sub import gone", "from app.sub import gone"),
        ("from .models import Order, Payment", "from app.models import Payment"),
    ],
)
def test_first_party_imports_that_cannot_resolve(project: Project, statement: str, broken: str) -> None:
    """No installation can make these exist: each is reported as the application's own."""
    files = {
        "app/__init__.py": function(statement),
        "app/models.py": "Order = 1\n",
        "app/sub/__init__.py": "",
    }
    assert walk(project, files).broken == [("f", broken, True, "")]


def test_relative_imports_of_every_level(project: Project) -> None:
    """In a package's own file one dot is the package, in a module the package around it."""
    files = {
        "app/__init__.py": "import app.a.b.c\n",
        "app/top.py": "x = 1\n",
        "app/a/__init__.py": function("from .b import c", "from ..top import x", "from .gone_a import x"),
        "app/a/b/__init__.py": function("from . import c", "from ...top import x", "from ..gone_b import x"),
        "app/a/b/c.py": function(
            "from ... import top", "from ...top import x, y", "from . import c", "from .... import z"
        ),
    }
    assert sorted(walk(project, files).broken) == [
        ("f", "from .... import z", True, ""),
        ("f", "from app.a.gone_a import x", True, ""),
        ("f", "from app.a.gone_b import x", True, ""),
        ("f", "from app.top import y", True, ""),
    ]


@pytest.mark.parametrize(
    "body",
    [
        ("try:", "    from app.gone import x", "except ImportError:", "    x = None"),
        ("with contextlib.suppress(ImportError):", "    from app.gone import x"),
        ("if TYPE_CHECKING:", "    from app.gone import x"),
        ("if sys.version_info < (3,):", "    from app.gone import x"),
        ("return", "from app.gone import x"),
    ],
)
def test_guarded_imports_are_silent(project: Project, body: tuple[str, ...]) -> None:
    """Code that provides for the absence, or that cannot run here, is no fault."""
    assert walk(project, {"app/__init__.py": function(*body)}).broken == []


def test_third_party_modules_that_are_absent(project: Project) -> None:
    """They are seen as what they are: not the application's, whatever their names begin with."""
    files = {
        "app/__init__.py": function(
            "import no_such_distribution.part",
            "import app_plugin",
            "from appendix import x",
            "from os import nothing",
        )
    }
    seen = walk(project, files)
    assert [(statement, own) for _, statement, own, _ in seen.broken] == [
        ("import no_such_distribution.part", False),
        ("import app_plugin", False),
        ("from appendix import x", False),
        ("from os import nothing", False),
    ]


def test_a_hidden_distribution_is_named(project: Project) -> None:
    """A deferred import from outside the runtime closure says which distribution it needs."""
    seen = walk(project, {"app/__init__.py": function("import packaging")}, hidden={"packaging": "packaging"})
    (broken,) = seen.modules["app"].broken
    assert broken.failure.missing is not None
    assert broken.failure.missing.distribution == "packaging"


def test_third_party_modules_are_not_imported(project: Project) -> None:
    """Of installed distributions it is only asked whether they are there."""
    files = {
        "app/__init__.py": function("import side_effect", "from side_effect import something"),
        "elsewhere/side_effect.py": "something = 1\nraise SystemExit\n",
    }
    seen = walk(project, files, pythonpath=(str(project.root / "elsewhere"),))
    assert seen.broken == []


LIBRARY = {
    "site-packages/lib/__init__.py": "raise SystemExit\nfrom lib.core import one\n",
    "site-packages/lib/core.py": "def one(): pass\n",
    "site-packages/lib/star.py": "from lib.core import *\n",
    "site-packages/lib/dynamic.py": "def __getattr__(name): return 1\n",
    "site-packages/lib/later.py": "def f():\n    global soon\n    soon = 1\n",
    "site-packages/lib/alias/__init__.py": "import sys\nsys.modules[__name__ + '.moved'] = sys\n",
    "site-packages/lib/compiled.cpython-311-no-such.so": "",
    "site-packages/spaces/inner/leaf.py": "x = 1\n",
    "site-packages/single.py": "x = 1\n",
}


@pytest.mark.parametrize(
    "statement, missing",
    [
        ("import lib.core", None),
        ("from lib import core, one, star", None),
        ("from lib.core import one", None),
        ("from lib.star import anything", None),
        ("from lib.dynamic import anything", None),
        ("from lib.later import soon", None),
        ("import lib.alias.moved", None),
        ("from spaces.inner import leaf", None),
        ("import spaces.other", None),
        ("from single import x", None),
        ("import lib.gone", ("lib.gone", "")),
        ("from lib.gone.deeper import x", ("lib.gone", "")),
        ("from lib import two", ("lib", "two")),
        ("from lib.core import two", ("lib.core", "two")),
        ("from spaces.inner.leaf import y", None),
        ("import single.part", ("single.part", "")),
        ("if x:\n    from lib import two", None),
    ],
)
def test_what_a_library_that_is_not_loaded_certainly_lacks(
    project: Project, statement: str, missing: tuple[str, str] | None
) -> None:
    """Its files say so, without any of it being executed; what its source might make is left alone."""
    files = {**LIBRARY, "app/__init__.py": function(statement)}
    seen = walk(project, files, pythonpath=(str(project.root / "site-packages"),))
    found = [broken.failure.missing for broken in seen.modules["app"].broken]
    assert [(one.module, one.name) for one in found if one] == ([missing] if missing else [])


def test_a_loaded_library_s_submodule_is_looked_for(project: Project) -> None:
    """Its own ``__path__`` says where."""
    files = {
        "site-packages/lib/__init__.py": "__path__.append(__path__[0] + '/more')\n",
        "site-packages/lib/more/extra.py": "raise SystemExit\n",
        "app/__init__.py": "import lib\n" + function("import lib.extra", "import lib.gone"),
    }
    seen = walk(project, files, pythonpath=(str(project.root / "site-packages"),))
    assert [statement for _, statement, _, _ in seen.broken] in ([], ["import lib.gone"])


@pytest.mark.parametrize(
    "files, expected",
    [
        ({"app/__init__.py": function("from .. import x")}, "beyond top-level package"),
        ({"app.py": function("from . import x")}, "with no known parent package"),
    ],
)
def test_a_relative_import_too_far_up(project: Project, files: dict[str, str], expected: str) -> None:
    """It fails whenever the function is called, whatever is installed."""
    seen = project.inspect(files, closure=True)
    (broken,) = seen.modules["app"].broken
    assert broken.failure.message == f"attempted relative import {expected}"
    assert (broken.own, broken.failure.missing) == (True, None)


@pytest.mark.parametrize(
    "call, broken",
    [
        ("importlib.import_module('app.gone')", True),
        ("__import__('app.gone')", True),
        ("from importlib import import_module as load\nload('app.models.gone')", True),
        ("importlib.import_module('.gone', __package__)", True),
        ("importlib.import_module('.models', __package__)", False),
        ("importlib.import_module('app.models')", False),
        ("importlib.import_module('no_such_distribution')", False),
        ("importlib.import_module('app_plugin')", False),
        ("try:\n    importlib.import_module('app.gone')\nexcept ImportError:\n    pass", False),
        ("if find_spec('app.gone'):\n    importlib.import_module('app.gone')", False),
    ],
)
def test_constant_names_are_imported(project: Project, call: str, broken: bool) -> None:
    """``import_module`` with the name of one of the application's modules is tried as a statement is."""
    files = {"app/__init__.py": function("import importlib", call), "app/models.py": ""}
    assert bool(walk(project, files).broken) is broken


OWN_KINDS = {
    "app/errors.py": (
        "class Domain(Exception): pass\nOPTIONAL = (ImportError, AttributeError)\n"
        "DOMAIN = (Domain, KeyError)\nclass Error:\n    Missing = ImportError\n"
    ),
}


@pytest.mark.parametrize(
    "body, silent",
    [
        ("except OPTIONAL:", True),
        ("except errors.OPTIONAL:", True),
        ("except (KeyError, OPTIONAL):", True),
        ("except Error.Missing:", True),
        ("except local:", True),
        ("except Domain:", False),
        ("except DOMAIN:", False),
        ("except errors.Domain:", False),
        ("except self.model.DoesNotExist:", False),
        ("except (Domain, ImportError):", True),
        ("except ModuleNotFoundError:", False),
        ("except Exception:", True),
        ("except ImportError as error:\n    raise RuntimeError('broken') from error", False),
    ],
)
def test_the_real_exception_decides(project: Project, body: str, silent: bool) -> None:
    """A handler guards if it stops what the statement raises here: a missing name is no missing module."""
    handler = body if "\n" in body else f"{body}\n    pass"
    guarded = ("try:", "    from app.errors import gone", *handler.split("\n"))
    files = {
        **OWN_KINDS,
        "app/__init__.py": "from app import errors\nfrom app.errors import *\n"
        + function("local = errors.OPTIONAL", *guarded),
    }
    assert (walk(project, files).broken == []) is silent


def test_an_absent_distribution_may_be_put_into_better_words(project: Project) -> None:
    """A handler that says what to install provides for the absence."""
    guarded = (
        "try:",
        "    import no_such_thing",
        "except ImportError as e:",
        "    raise RuntimeError from e",
    )
    assert walk(project, {"app/__init__.py": function(*guarded)}).broken == []


@pytest.mark.parametrize(
    "imported, test, silent",
    [
        ("from app.compat import HAS_IT", "HAS_IT", True),
        ("from .compat import HAS_IT as it", "it", True),
        ("from app import compat", "compat.HAS_IT", True),
        ("import app.compat", "app.compat.HAS_IT", True),
        ("from app.compat import OTHER", "OTHER", False),
        ("from app.compat import has_it", "has_it()", True),
    ],
)
def test_a_flag_that_another_module_makes(project: Project, imported: str, test: str, silent: bool) -> None:
    """Whether a module is there may be found out once, for all."""
    files = {
        "app/__init__.py": f"{imported}\n"
        + function(f"if not {test}:", "    return", "import no_such_thing"),
        "app/compat.py": "from importlib.util import find_spec\nOTHER = True\ntry:\n    import no_such_thing\n"
        "    HAS_IT = True\nexcept ImportError:\n    HAS_IT = False\n"
        "def has_it():\n    return find_spec('no_such_thing') is not None\n",
    }
    assert [broken[3] for broken in walk(project, files).broken] == ([] if silent else ["condition"])


BROKEN_LIBRARIES = {
    "site-packages/healthy.py": "x = 1\n",
    "site-packages/raises.py": "raise OSError('cannot load libraries')\n",
    "site-packages/old.py": "from json import no_such_name\n",
    "site-packages/needs.py": "import no_such_dependency\n",
    "site-packages/says.py": "try:\n    import no_such_dependency\nexcept ImportError:\n    raise ImportError('install it')\n",
    "site-packages/wrong/__init__.py": "import wrong.gone\n",
}


@pytest.mark.parametrize(
    "guarded, hidden",
    [
        ("import healthy", ""),
        ("import old", "old"),
        ("from old import x", "old"),
        ("import healthy\n    import old", "old"),
        ("import no_such_thing\n    import old", ""),
        ("import needs", ""),
        ("import says", ""),
        ("import no_such_thing", ""),
        ("from json import gone", ""),
        ("from app.gone import x", ""),
        ("from app.models import gone", ""),
        ("from app.bad import x", "app.bad"),
        ("from app import bad", "app.bad"),
        ("from . import bad", "app.bad"),
        ("import app.needs", ""),
    ],
)
@pytest.mark.parametrize("handler", ["ImportError", "Exception"])
def test_a_try_at_the_top_that_hides_a_broken_module(
    project: Project, guarded: str, hidden: str, handler: str
) -> None:
    """What is installed, or is the application's own, and raises is no absence that the code provides for."""
    files = {
        **BROKEN_LIBRARIES,
        "app/__init__.py": f"try:\n    {guarded}\nexcept {handler}:\n    pass\n",
        "app/models.py": "",
        "app/bad.py": "from app.models import Gone\n",
        "app/needs.py": "import no_such_dependency\n",
    }
    seen = walk(project, files, pythonpath=(str(project.root / "site-packages"),))
    found = [(one.guard, one.function, one.failure.module) for one in seen.modules["app"].broken]
    assert found == ([("try", "", hidden)] if hidden else [])
    assert failing(seen) == {}


@pytest.mark.parametrize("handler, found", [("Exception", ["raises"]), ("(ImportError, OSError)", [])])
def test_an_exception_that_the_handler_names_was_foreseen(
    project: Project, handler: str, found: list[str]
) -> None:
    """An OSError of a library is news where everything is caught, not where it is asked for by name."""
    files = {**BROKEN_LIBRARIES, "app/__init__.py": f"try:\n    import raises\nexcept {handler}:\n    pass\n"}
    seen = walk(project, files, pythonpath=(str(project.root / "site-packages"),))
    assert [one.failure.module for one in seen.modules["app"].broken] == found


def test_a_hidden_distribution_in_a_try_is_absent(project: Project) -> None:
    """As it is in production."""
    files = {"app/__init__.py": "try:\n    import packaging\nexcept ImportError:\n    pass\n"}
    assert walk(project, files, hidden={"packaging": "packaging"}).broken == []


@pytest.mark.parametrize(
    "text, found",
    [
        ("from app.models import Gone\n", ["app.late"]),
        ("1 / 0\n", ["app.late"]),
        ("import no_such_dependency\n", []),
        ("__all__ = ['x']\n", []),
    ],
)
def test_a_try_in_a_function_that_hides_a_broken_module(
    project: Project, text: str, found: list[str]
) -> None:
    """The application's own module is there, and does not import."""
    guarded = ("try:", "    from app.late import x", "except Exception:", "    x = None")
    files = {"app/__init__.py": function(*guarded), "app/models.py": "", "app/late.py": text}
    seen = walk(project, files)
    assert [one.failure.module for one in seen.modules["app"].broken] == found
    assert failing(seen) == {}


def test_a_star_import_of_a_name_that_all_promises(project: Project) -> None:
    """``__all__`` of a module that a function reaches names something that it does not have."""
    files = {
        "app/__init__.py": function("import app.star"),
        "app/star.py": "from app.models import *\n",
        "app/models.py": "__all__ = ['Gone']\n",
    }
    (failed,) = failing(walk(project, files)).values()
    assert failed.failure is not None
    assert failed.failure.missing is not None
    assert (failed.name, failed.failure.missing.name) == ("app.star", "Gone")


def test_a_chain_of_modules_is_followed_to_its_end(project: Project) -> None:
    """Each reaches the next one only from a function."""
    files = {f"app/m{at}.py": function(f"import app.m{at + 1}") for at in range(60)}
    seen = walk(project, {**files, "app/__init__.py": function("import app.m0"), "app/m60.py": ""})
    assert len(seen.modules) == 62
    assert seen.modules["app.m60"].reached == "app/m59.py:2"


def test_a_name_that_a_module_loaded_later_makes_is_no_fault(project: Project) -> None:
    """The assignment may stand in a module that the closure itself has loaded."""
    files = {
        "app/__init__.py": function("from app import start") + function("from app.z import engine", name="g"),
        "app/start.py": "from app import z\ndef init():\n    z.engine = 1\n",
        "app/z.py": "",
    }
    assert walk(project, files).broken == []


def test_modules_are_reached_through_each_other(project: Project) -> None:
    """What a function imports is looked at in turn, and says which statement reaches it."""
    files = {
        "app/__init__.py": "import app.start\n",
        "app/start.py": function("from app import second"),
        "app/second.py": "\n" + function("import app.third"),
        "app/third.py": function("from app.gone import x"),
        "app/never.py": "raise RuntimeError\n",
    }
    seen = walk(project, files)
    assert sorted(seen.modules) == ["app", "app.second", "app.start", "app.third"]
    assert seen.modules["app.start"].reached == ""
    assert seen.modules["app.second"].reached == "app/start.py:2"
    assert seen.modules["app.third"].reached == "app/second.py:3"
    assert seen.broken == [("f", "from app.gone import x", True, "")]


def test_a_reached_module_that_raises_is_reported_once(project: Project) -> None:
    """With the statement that reaches it, and its own line; who else imports it does not multiply it."""
    files = {
        "app/__init__.py": function("from app import bad") + function("from app.bad import x", name="g"),
        "app/bad.py": "x = 1\n1 / 0\n",
    }
    seen = walk(project, files)
    (bad,) = failing(seen).values()
    assert (bad.name, bad.file, bad.reached, bad.guard) == ("app.bad", "app/bad.py", "app/__init__.py:2", "")
    assert bad.failure is not None
    assert (bad.failure.type, bad.failure.module) == ("ZeroDivisionError", "app.bad")
    assert str(bad.failure.location) == "app/bad.py:2"


@pytest.mark.parametrize(
    "body", ["import sys\nsys.exit(3)\n", "raise KeyboardInterrupt\n", "import no_such\n", "1 +\n"]
)
def test_whatever_a_reached_module_raises_the_walk_goes_on(project: Project, body: str) -> None:
    """The other modules are still looked at."""
    files = {
        "app/__init__.py": function("import app.bad") + function("import app.good", name="g"),
        "app/bad.py": body,
        "app/good.py": function("import app.gone"),
    }
    seen = walk(project, files)
    assert list(failing(seen)) == ["app.bad"]
    assert ("f", "import app.gone", True, "") in seen.broken


def test_a_guarded_reach_is_weaker_than_an_open_one(project: Project) -> None:
    """A module that raises is left out if only guarded statements reach it; a condition is noted."""
    guarded = ("try:", "    import app.optional", "except ImportError:", "    pass")
    files = {
        "app/__init__.py": function(*guarded)
        + function("if FEATURE:", "    import app.feature", name="g")
        + function("if FEATURE:", "    import app.needed", name="h")
        + function("import app.needed", name="i"),
        "app/optional.py": "import no_such_distribution\n",
        "app/feature.py": "import os\nos.environ['NO_SUCH_VARIABLE']\n",
        "app/needed.py": "import os\nos.environ['NO_SUCH_VARIABLE']\n",
    }
    found = failing(walk(project, files))
    assert {name: module.guard for name, module in found.items()} == {
        "app.feature": "condition",
        "app.needed": "",
    }
    assert found["app.needed"].reached == "app/__init__.py:13"


def test_a_module_that_lacks_a_distribution_is_not_the_importers_own_fault(project: Project) -> None:
    """The statement that reaches it misses nothing of the application's."""
    seen = walk(
        project, {"app/__init__.py": function("from app import s3"), "app/s3.py": "import no_such_boto\n"}
    )
    assert seen.broken == [("f", "from app import s3", False, "")]


@pytest.mark.parametrize(
    "files",
    [
        {"app/db.py": "def init():\n    global engine\n    engine = 1\n"},
        {"app/db.py": "def init(**names):\n    globals().update(names)\n"},
        {"app/db.py": "import sys\ndef init():\n    setattr(sys.modules[__name__], 'engine', 1)\n"},
        {"app/db.py": "def init(code):\n    exec(code)\n"},
        {"app/db.py": "def init(code):\n    exec(code, globals())\n"},
        {"app/db.py": "def init(code):\n    exec(code, None)\n"},
        {"app/db.py": "def init(*args):\n    exec(*args)\n"},
        {"app/db.py": "def init(code, **more):\n    exec(code, **more)\n"},
        {"app/db.py": "", "app/start.py": "from app import db\ndef init():\n    db.engine = 1\n"},
        {"app/db.py": "", "app/start.py": "import app.db\ndef init():\n    app.db.engine = 1\n"},
        {"app/db.py": "", "app/start.py": "import app.db as base\ndef init():\n    base.engine: int = 1\n"},
        {"app/db.py": "def __getattr__(name):\n    raise RuntimeError('not set up')\n"},
    ],
)
def test_a_name_that_the_running_application_makes_is_no_fault(
    project: Project, files: dict[str, str]
) -> None:
    """A module may get a name at start-up; before that, its absence proves nothing."""
    start = "import app.start\n" if "app/start.py" in files else ""
    assert (
        walk(project, {"app/__init__.py": start + function("from app.db import engine"), **files}).broken
        == []
    )


@pytest.mark.parametrize("space", ["module.__dict__", "{}, {}", "vars(module)"])
def test_names_that_are_made_in_another_namespace(project: Project, space: str) -> None:
    """An `exec` that is given one makes none in the module that calls it."""
    files = {
        "app/__init__.py": function("from app.db import engine"),
        "app/db.py": f"def init(code, module):\n    exec(code, {space})\n",
    }
    assert walk(project, files).broken == [("f", "from app.db import engine", True, "")]


def test_an_attribute_of_some_object_makes_no_name(project: Project) -> None:
    """Only an assignment to the module itself counts."""
    files = {
        "app/__init__.py": function("from app.db import engine", "self.engine = 1", "car.engine = 1"),
        "app/db.py": "",
    }
    assert walk(project, files).broken == [("f", "from app.db import engine", True, "")]


def test_circular_imports_that_work_are_silent(project: Project) -> None:
    """Modules that import each other inside functions resolve in the order that production uses."""
    files = {
        "app/__init__.py": "from app import a\n",
        "app/a.py": "from app import b\nx = 1\n" + function("from app.b import y"),
        "app/b.py": "y = 1\n" + function("from app.a import x"),
    }
    assert walk(project, files).broken == []


def test_one_module_under_two_names_is_looked_at_once(project: Project) -> None:
    """An alias in ``sys.modules`` neither doubles a finding nor changes what is relative to what."""
    files = {
        "app/__init__.py": "import sys\nfrom app.deep import real\nsys.modules['app.alias'] = real\n",
        "app/deep/__init__.py": "",
        "app/deep/real.py": function("from . import sibling", "from .gone import x"),
        "app/deep/sibling.py": "",
    }
    assert walk(project, files).broken == [("f", "from app.deep.gone import x", True, "")]


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 80 + ")" * 80 + "\n",
        "# -*- coding: latin-1 -*-\nx = 1\n",
        "",
        "class Lazy:\n    def __getattr__(self, name):\n        raise RuntimeError\nimport sys\nsys.modules['app.lazy'] = Lazy()\n",
        "def __getattr__(name):\n    raise SystemExit(name)\n",
        "import os\nos.remove(__file__)\n",
        "open(__file__, 'w').write('1 +')\n",
    ],
)
def test_odd_modules_do_not_end_the_walk(project: Project, text: str) -> None:
    """A module that cannot be read, or that answers in its own way, is passed by."""
    files = {
        "app/__init__.py": "import app.odd\n" + function("from app.odd import something", "import app.gone"),
        "app/odd.py": text,
    }
    seen = walk(project, files)
    assert ("f", "import app.gone", True, "") in seen.broken


MODULES = {
    "app/__init__.py": "name = 1\n",
    "app/mod.py": "name = 1\n",
    "app/sub/__init__.py": "from app.mod import name as other\n",
    "app/sub/leaf.py": "name = 1\n",
}
BASES = ["app", "app.mod", "app.sub", "app.sub.leaf", "app.gone", "app.mod.gone", "app.sub.gone"]
RELATIVE = ["."] + [
    dots + name for dots in (".", "..") for name in ("mod", "sub", "sub.leaf", "leaf", "gone", "")
]
IMPORTS = st.one_of(
    st.builds("import {}".format, st.sampled_from(BASES)),
    st.builds(
        "from {} import {}".format,
        st.sampled_from([*BASES, *RELATIVE]),
        st.sampled_from(["name", "other", "mod", "sub", "leaf", "gone"]),
    ),
)
ORACLE = """\
import sys
import app.sub.holder as holder
for name in sorted(vars(holder)):
    if name.startswith("f"):
        try:
            vars(holder)[name]()
        except ImportError:
            print(name)
"""


@given(st.lists(IMPORTS, min_size=10, max_size=40, unique=True))
@settings(max_examples=12, deadline=None)
def test_the_oracle_is_the_call_itself(chosen: list[str]) -> None:
    """An import is reported exactly when calling its function raises ImportError."""
    holder = "".join(function(statement, name=f"f{at:03}") for at, statement in enumerate(chosen))
    with tempfile.TemporaryDirectory() as directory:
        project = Project(Path(directory).resolve())
        seen = project.inspect(
            {**MODULES, "app/sub/holder.py": holder}, "app.sub.holder", closure=True, packages=("app",)
        )
        answer = subprocess.run(
            [sys.executable, "-B", "-c", ORACLE], cwd=directory, capture_output=True, text=True, check=True
        )
    reported: set[BrokenImport] = set(seen.modules["app.sub.holder"].broken)
    assert sorted(found.function for found in reported) == answer.stdout.split()


def test_a_view_s_module_may_read_the_flask_application(project: Project) -> None:
    """A function of a Flask application runs in its context, and so does what it imports."""
    pytest.importorskip("flask")
    seen = project.inspect(
        {
            "app/__init__.py": "from flask import Flask\napp = Flask(__name__)\n"
            + function("import app.late"),
            "app/late.py": "from flask import current_app\nname = current_app.name\n",
        },
        "app:app",
        kind="web",
        closure=True,
    )
    assert failing(seen) == {}
    assert "app.late" in seen.modules


@pytest.mark.parametrize(
    "lazy, statement, expected",
    [
        ({"app.models"}, "import app.models", True),
        (["app.models"], "from app.models import x", True),
        (("app.models",), "from .models import x", True),
        ({"app.models": 1}, "from . import models", False),
        ({"models"}, "from .models import x", False),
        ({"app"}, "import app.models", False),
        (None, "import app.models", False),
    ],
)
def test_what_a_module_makes_lazy(lazy: object, statement: str, expected: bool) -> None:
    """``__lazy_modules__`` names modules in full; an object with its own way to answer is not asked."""
    module = ModuleType("app.x")
    module.__package__ = "app"
    if lazy is not None:
        vars(module)["__lazy_modules__"] = lazy
    (one,) = Reader(ast.parse(statement)).statements(at_top=True)
    assert Holder("app.x", module, "app/x.py", "app/x.py").makes_lazy(one) is expected
    vars(module)["__lazy_modules__"] = type("All", (), {"__contains__": lambda *_: 1 / 0})()
    assert not Holder("app.x", module, "app/x.py", "app/x.py").makes_lazy(one)


def test_all_imports_may_be_made_lazy(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the interpreter's own switch."""
    (one,) = Reader(ast.parse("import app.models")).statements(at_top=True)
    holder = Holder("app", ModuleType("app"), "app.py", "app.py")
    monkeypatch.setattr(sys, "get_lazy_imports", lambda: "normal", raising=False)
    assert not holder.makes_lazy(one)
    monkeypatch.setattr(sys, "get_lazy_imports", lambda: "all")
    assert holder.makes_lazy(one)


@given(st.text(alphabet="import from\n\t #;x.'\"_", max_size=60))
def test_what_is_not_parsed_has_nothing_to_try(text: str) -> None:
    """The look at the text alone leaves out no statement that the syntax tree has."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    found = read(tree)
    if found["statements"] or found["attempts"] or found["replaced"]:
        assert may_have(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "def f(): import a",
        "def f():\n\timport a",
        "x = 1; y = lambda: import_module('a')",
        "def f():\n    from a \\\n    import b",
        "def f():\n  return __import__('a')",
        "try: import a\nexcept ImportError: pass",
        "def f(): pass\nasync  def f(): pass",
    ],
)
def test_what_is_looked_for_in_the_text(text: str) -> None:
    """In all the forms that it can be written in."""
    assert may_have(text.encode())
    assert not may_have(b"import a\nfrom b import c\nfrom d import (\n    e,\n)\ndef f(): pass\n")
