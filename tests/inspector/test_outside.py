"""What the application's modules import from outside: which top-level module, at which line."""

from __future__ import annotations

from pytest_prodready.facts import Imported
from tests.inspector.projects import Project

APP = '''"""An example in a docstring:

import pluggy
"""
import json
import os, packaging.version as versions
from iniconfig import (
    IniConfig,
)
from app import other
from . import other as again
try:
    import _pytest
except ImportError:
    _pytest = None

def later():
    import pytest
    from pluggy import PluginManager
    try:
        import xdist
    except ImportError:
        xdist = None
    return pytest, PluginManager, xdist

def sooner():
    import xdist.plugin  # not guarded here
'''


def test_imports_from_outside_with_their_lines(project: Project) -> None:
    """At the top and in functions; not the standard library, its own modules, a docstring, a guarded one."""
    seen = project.inspect({"app/__init__.py": APP, "app/other.py": ""}, closure=True, packages=("app",))
    assert seen.modules["app"].imports == (
        Imported("iniconfig", 7),
        Imported("packaging", 6),
        Imported("pluggy", 19),
        Imported("pytest", 18),
        Imported("xdist", 27),
    )
    assert seen.modules["app.other"].imports == ()
    assert {"iniconfig", "packaging"} <= set(seen.entry.libraries)
    assert not {"json", "app", "os", "prodready_inspector"} & set(seen.entry.libraries)


def test_functions_of_optional_features(project: Project) -> None:
    """What is called of pandas; a comment or a text is no call, another library's method none of it."""
    text = "import pandas as pd\nNOTE = 'read_hdf(x)'\ndef f(x):\n    return pd.read_excel(x)  # to_hdf()\n"
    files = {
        "app/__init__.py": "import pandas\nfrom app import one, two\n",
        "app/one.py": text,
        "app/two.py": "def f(x):\n    return x.read_excel()\n",
        "site-packages/pandas.py": "",
    }
    outside = (str(project.root / "site-packages"),)
    seen = project.inspect(files, closure=True, pythonpath=outside)
    found = {name: module.imports for name, module in seen.modules.items()}
    assert found["app.one"] == (Imported("pandas", 1, uses=("read_excel",)),)
    assert found["app.two"] == ()
