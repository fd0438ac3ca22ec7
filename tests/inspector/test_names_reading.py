"""Which attributes the reader of functions finds missing, and where it says nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.inspector.names_reading import missing, read

SHOP = """\
from __future__ import annotations
import contextlib
import dataclasses
import datetime
import functools
import json
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, Union


class Owner:
    def __init__(self, name: str) -> None:
        self.name = name


class Shop:
    kind = "shop"

    def __init__(self, title: str, owner: Owner | None = None) -> None:
        self.title = title
        self.owner = owner
        self.first = Owner("first")
        self.opened = datetime.datetime.now()

    @property
    def boss(self):
        return Owner("boss")

    @functools.cached_property
    def clerk(self) -> Owner:
        return Owner("clerk")

    def twin(self):
        return Shop(self.title)

    def renamed(self, title):
        self.title = title
        return self

    @classmethod
    def made(cls):
        return cls("made")

    @staticmethod
    def plain():
        return Owner("plain")

    async def later(self):
        return Owner("later")

    def owners(self):
        yield Owner("one")

    @contextlib.contextmanager
    def locked(self):
        yield Owner("locked")

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        return None


class Kiosk(Shop):
    def rent(self) -> int:
        return 1


class Open:
    def __getattr__(self, name):
        return name


@dataclasses.dataclass
class Order:
    shop: Shop
    number: int = 0
    lines: list[Owner] = dataclasses.field(default_factory=list)
    by_name: dict[str, Owner] = dataclasses.field(default_factory=dict)


SERVICE = Shop("service")


def find(title) -> Optional[Shop]:
    return Shop(title) if title else None


"""


def in_shop(source: str) -> str:
    """A module that has the classes above."""
    return SHOP + source


@pytest.mark.parametrize(
    "body,wrong",
    [
        pytest.param("Shop('x').titel", ["Shop('x').titel"], id="made"),
        pytest.param("x = Shop('x')\n    x.title\n    x.kind\n    x.titel", ["x.titel"], id="a name"),
        pytest.param("x = y = Shop('x')\n    y.titel", ["y.titel"], id="two targets"),
        pytest.param("x, y = Shop('x'), Owner('y')\n    y.titel", ["y.titel"], id="unpacked"),
        pytest.param("[x, *y] = [Owner('x')]\n    x.titel", ["x.titel"], id="unpacked list"),
        pytest.param("f'{Shop(1).titel}'", ["Shop(1).titel"], id="in a text"),
        pytest.param("Shop('x').owner.nmae", ["Shop('x').owner.nmae"], id="declared parameter kept"),
        pytest.param("Shop('x').first.nmae", ["Shop('x').first.nmae"], id="set in the class"),
        pytest.param("Shop('x').boss.nmae", ["Shop('x').boss.nmae"], id="property"),
        pytest.param("Shop('x').clerk.nmae", ["Shop('x').clerk.nmae"], id="cached property"),
        pytest.param("Shop('x').twin().titel", ["Shop('x').twin().titel"], id="inferred result"),
        pytest.param("Shop('x').renamed('y').titel", ["Shop('x').renamed('y').titel"], id="gives itself"),
        pytest.param("Shop.made().titel", ["Shop.made().titel"], id="class method"),
        pytest.param("Shop.plain().nmae", ["Shop.plain().nmae"], id="static method"),
        pytest.param("Shop.kidn", ["Shop.kidn"], id="of the class"),
        pytest.param("find('x').titel", ["find('x').titel"], id="annotated result"),
        pytest.param("SERVICE.twin().titel", ["SERVICE.twin().titel"], id="made at import"),
        pytest.param("json.dmups(1)", ["json.dmups"], id="of a module"),
        pytest.param("for x in [Shop('x')]:\n        x.titel", ["x.titel"], id="loop"),
        pytest.param("for i, x in enumerate([Shop('x')]):\n        x.titel", ["x.titel"], id="enumerate"),
        pytest.param("for x, y in zip([1], [Shop('x')]):\n        y.titel", ["y.titel"], id="zip"),
        pytest.param("for k, v in {'a': Shop('x')}.items():\n        v.titel", ["v.titel"], id="items"),
        pytest.param("for x in Shop('x').owners():\n        x.nmae", ["x.nmae"], id="generator"),
        pytest.param("[x.titel for x in (Shop('x'),)]", ["x.titel"], id="comprehension"),
        pytest.param("{x.title: x for x in [Shop('x')]}['x'].titel", None, id="dict comprehension"),
        pytest.param("sorted([Shop('x')], key=str)[0].titel", None, id="sorted"),
        pytest.param("next(iter([Shop('x')])).titel", None, id="next"),
        pytest.param("x = []\n    x.append(Shop('x'))\n    x[0].titel", ["x[0].titel"], id="appended"),
        pytest.param("x = {}\n    x['a'] = Shop('x')\n    x['a'].titel", None, id="stored by key"),
        pytest.param("with Shop('x') as x:\n        x.titel", ["x.titel"], id="entered"),
        pytest.param("with Shop('x').locked() as x:\n        x.nmae", ["x.nmae"], id="context manager"),
        pytest.param("if (x := find('x')) is not None:\n        x.titel", ["x.titel"], id="walrus"),
        pytest.param("(lambda: Shop('x').titel)()", ["Shop('x').titel"], id="lambda"),
        pytest.param("x = Shop('x')\n    def inner():\n        return x.titel", ["x.titel"], id="closure"),
        pytest.param("x = Shop('x') if find(1) else Shop('y')\n    x.titel", ["x.titel"], id="conditional"),
        pytest.param("x = find('x') or Shop('y')\n    x.titel", ["x.titel"], id="or"),
        pytest.param("x = Shop('x')\n    x.total = 1\n    x.titel", ["x.titel"], id="another one is set"),
        pytest.param("type(Shop('x')).titel", ["type(Shop('x')).titel"], id="type of"),
        pytest.param("'a'.uper()", ["'a'.uper"], id="text"),
        pytest.param("'a b'.split()[0].uper()", ["'a b'.split()[0].uper"], id="part of a text"),
        pytest.param("Path('x').parent.sufix", ["Path('x').parent.sufix"], id="path"),
        pytest.param("(Path('x') / 'y').sufix", ["(Path('x') / 'y').sufix"], id="joined path"),
        pytest.param("datetime.datetime.now().isofromat()", None, id="class method of C"),
        pytest.param("Order(Shop('x')).shop.titel", ["Order(Shop('x')).shop.titel"], id="field"),
        pytest.param("Order(Shop('x')).lines[0].nmae", None, id="items of a field"),
        pytest.param("Order(Shop('x')).by_name['x'].nmae", None, id="values of a field"),
        pytest.param(
            "for x in find('x'), find('y'):\n        if x: x.titel", ["x.titel"], id="optional items"
        ),
        pytest.param(
            "try:\n        Shop('x').titel\n    except ValueError:\n        pass", None, id="another error"
        ),
        pytest.param(
            "try:\n        Shop('x').titel\n    except Exception:\n        logging.exception('no')",
            None,
            id="told",
        ),
        pytest.param(
            "x = Shop('x')\n    while x:\n        x = Shop('y')\n        x.titel", ["x.titel"], id="turns"
        ),
        pytest.param("x: Shop = find(1)\n    x.titel", ["x.titel"], id="annotated variable"),
        pytest.param("try:\n        1 / 0\n    except ValueError as x:\n        x.mesage_", [], id="caught"),
    ],
)
def test_missing_in_a_body(tmp_path: Path, body: str, wrong: list[str] | None) -> None:
    """``None`` stands for the one expression of the body that ends with the misspelt name."""
    found = missing(tmp_path, in_shop(f"def use():\n    {body}\n"))
    if wrong is None:
        assert len(found) == 1
    else:
        assert found == wrong


@pytest.mark.parametrize(
    "annotation",
    [
        "Shop",
        "'Shop'",
        "Optional[Shop]",
        "Union[Shop, None]",
        "Shop | None",
        "Annotated[Shop, 1]",
        "Annotated['Shop | None', 1]",
    ],
)
def test_annotated_parameter(tmp_path: Path, annotation: str) -> None:
    assert missing(tmp_path, in_shop(f"def use(x: {annotation}):\n    x.titel\n    x.title\n")) == ["x.titel"]


@pytest.mark.parametrize(
    "annotation,expression",
    [
        ("list[Shop]", "x[0].titel"),
        ("dict[str, Shop]", "x['a'].titel"),
        ("dict[str, list[Shop]]", "x['a'][0].titel"),
        ("tuple[int, Shop]", "x[1].titel"),
        ("tuple[Shop, ...]", "x[5].titel"),
        ("type[Shop]", "x.titel"),
        ("type[Shop]", "x('y').titel"),
    ],
)
def test_annotated_container(tmp_path: Path, annotation: str, expression: str) -> None:
    assert missing(tmp_path, in_shop(f"def use(x: {annotation}):\n    {expression}\n")) == [expression]


@pytest.mark.parametrize(
    "annotation",
    ["Iterable[Shop]", "Iterator['Shop']", "set[Shop]", "frozenset[Shop]", "list[Optional[Shop]]"],
)
def test_annotated_iterable(tmp_path: Path, annotation: str) -> None:
    assert missing(tmp_path, in_shop(f"def use(x: {annotation}):\n    for y in x: y.titel\n")) == ["y.titel"]


@pytest.mark.parametrize(
    "annotation", ["Any", "object", "Shop | Owner", "Undefined", "Union[Shop, int]", "float"]
)
def test_annotation_that_says_too_little(tmp_path: Path, annotation: str) -> None:
    assert missing(tmp_path, in_shop(f"def use(x: {annotation}):\n    x.titel\n")) == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("x.rent()", id="of a subclass"),
        pytest.param("if hasattr(x, 'titel'): x.titel", id="hasattr"),
        pytest.param("if getattr(x, 'titel', None): x.titel", id="getattr with a default"),
        pytest.param("try:\n        x.titel\n    except AttributeError:\n        pass", id="caught"),
        pytest.param("try:\n        x.titel\n    except Exception:\n        pass", id="everything caught"),
        pytest.param("with contextlib.suppress(AttributeError):\n        x.titel", id="suppressed"),
        pytest.param("x.titel = 1\n    x.titel", id="set before"),
        pytest.param("setattr(x, 'titel', 1)\n    x.titel", id="set by its name"),
        pytest.param("for name in ('titel',): setattr(x, name, 1)\n    x.titel", id="set by any name"),
        pytest.param("x = object()\n    x.titel", id="rebound"),
        pytest.param("if find(1): x = json\n    x.titel", id="one of two classes"),
        pytest.param("for i in range(3):\n        x.titel\n        x = json.loads('1')", id="another turn"),
        pytest.param("return\n    x.titel", id="not reached"),
        pytest.param("if TYPE_CHECKING: x.titel", id="never run"),
        pytest.param("if not isinstance(x, Kiosk): return\n    x.rent()", id="narrowed"),
        pytest.param("if isinstance(x, Open): x.titel", id="another class, by a test"),
        pytest.param("if isinstance(x, (Open, Kiosk)): x.titel", id="one of several, by a test"),
        pytest.param("if isinstance(x, Open) or x: x.titel", id="perhaps by a test"),
        pytest.param("if type(x) is Open: x.titel", id="another type"),
        pytest.param("match x:\n        case Open(): x.titel", id="matched"),
        pytest.param("x.titel  # type: ignore[attr-defined]", id="the author knows"),
        pytest.param(
            "def inner():\n        nonlocal x\n        x = json\n    inner()\n    x.titel", id="nonlocal"
        ),
        pytest.param("def inner(x):\n        return x.titel", id="a parameter of its own"),
        pytest.param("[x.titel for x in json.loads('[]')]", id="a name of a comprehension"),
        pytest.param("del x\n    x.titel", id="deleted"),
        pytest.param("x.__titel__", id="special"),
        pytest.param("from names_read_elsewhere import gone\n    x.titel", id="of a module not there"),
    ],
)
def test_silent(tmp_path: Path, body: str) -> None:
    assert missing(tmp_path, in_shop(f"def use(x: Shop):\n    {body}\n")) == []


@pytest.mark.parametrize(
    "cls", ["tuple", "list", "dict", "int", "str", "bytes", "Exception", "set", "Counter"]
)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("if isinstance(x, {}): return x.titel", id="isinstance"),
        pytest.param("if not isinstance(x, {}): return\n    x.titel", id="not isinstance"),
        pytest.param("assert isinstance(x, {})\n    x.titel", id="asserted"),
        pytest.param("return x.titel if isinstance(x, {}) else 1", id="conditional"),
        pytest.param("return isinstance(x, {}) and x.titel", id="and"),
        pytest.param("if isinstance(x, {}): far(x)", id="passed on"),
        pytest.param("match x:\n        case {}(): x.titel", id="matched"),
        pytest.param("match x:\n        case {}() as y: y.titel", id="matched and named"),
    ],
)
def test_a_subclass_of_pythons_own_classes(tmp_path: Path, cls: str, body: str) -> None:
    """What is a tuple may be a named one that a cursor made for its query."""
    source = f"from collections import Counter\ndef far(y): y.titel\ndef use(x):\n    {body.format(cls)}\n"
    assert missing(tmp_path, in_shop(source)) == []


@pytest.mark.parametrize("cls", ["Shop", "bool", "range"])
@pytest.mark.parametrize(
    "body",
    ["if isinstance(x, {}): x.titel", "match x:\n        case {}(): x.titel", "if type(x) is {}: x.titel"],
)
def test_a_test_that_says_all(tmp_path: Path, cls: str, body: str) -> None:
    """The subclasses of the application's own classes are loaded; some of Python's can have none."""
    assert missing(tmp_path, in_shop(f"def use(x):\n    {body.format(cls)}\n")) == ["x.titel"]


def test_an_exact_type_of_pythons(tmp_path: Path) -> None:
    """``type(x) is tuple`` holds for no subclass."""
    assert missing(tmp_path, "def use(x):\n    if type(x) is tuple: x.titel\n") == ["x.titel"]


@pytest.mark.parametrize(
    "source,wrong",
    [
        pytest.param(
            "class A(Shop):\n    def use(self):\n        return self.titel, self.title\n",
            ["self.titel"],
            id="self",
        ),
        pytest.param(
            "class A(Shop):\n    @classmethod\n    def use(cls):\n        return cls.titel\n",
            ["cls.titel"],
            id="cls",
        ),
        pytest.param(
            "class A(Shop):\n    pick = lambda row: row.titel\n", [], id="the parameter of a lambda"
        ),
        pytest.param(
            "class A(Shop):\n    def use(self): return self.rest\nclass B(A):\n    rest = 1\n",
            [],
            id="in a subclass",
        ),
        pytest.param(
            "class A(Shop):\n    def __str__(this): return this.nmae\n    def use(this): return this.titel\n",
            ["this.nmae", "this.titel"],
            id="self by another name",
        ),
        pytest.param(
            "class A(Shop):\n    def __str__(this): return ''\nclass B(A):\n    def use(this): this.titel\n",
            ["this.titel"],
            id="self by the name that a base has for it",
        ),
        pytest.param("class A:\n    def use(row): return row.titel\n", [], id="no name of an instance"),
        pytest.param(
            "class A:\n    def __str__(s): return ''\n    def use(s): return s.titel\n    held = [use]\n",
            [],
            id="handed on by the body of the class",
        ),
        pytest.param(
            "class A:\n    def __str__(s): return ''\n    def use(s): return s.titel\n    n = use(Open())\n",
            [],
            id="called by the body of the class",
        ),
        pytest.param(
            "class A:\n    def __str__(s): return ''\n    def use(s): return s.titel\n"
            "def other(): A.use(json)\n",
            [],
            id="called on the class",
        ),
        pytest.param(
            "class A:\n    def wrap(f): return f or f.titel\n    @wrap\n    def use(self): pass\n",
            [],
            id="a decorator in the body of the class",
        ),
        pytest.param(
            "class A:\n    def use(self): return self.titel\n    use = staticmethod(use)\n",
            [],
            id="made static by a call",
        ),
        pytest.param(
            "class A(Shop):\n    def use(cls): return cls.titel\n    use = classmethod(use)\n",
            ["cls.titel"],
            id="made of the class by a call",
        ),
        pytest.param(
            "class A:\n    def __init__(self): self.titel = 1\n    def use(cls): return cls.titel\n",
            [],
            id="an instance called cls",
        ),
        pytest.param(
            "class A:\n    def use(row): return row.titel\ndef other(): A.use(Shop('x'))\n",
            ["row.titel"],
            id="passed to a function that a class holds",
        ),
        pytest.param(
            "class A:\n    def use(row): return row.titel\ndef other(): A.use(Shop('x')), A().use()\n",
            [],
            id="passed to a function that is a method, too",
        ),
        pytest.param(
            "class A:\n    def change(row): row.first = json\n"
            "class B:\n    def __init__(self): self.first = Owner('x')\n"
            "    def use(self): return self.first.titel\ndef other(): A.change(B())\n",
            [],
            id="given to what is passed to a function that a class holds",
        ),
        pytest.param(
            "class A:\n    def __init__(self, x): self.x = x\n    def use(self): return self.x.titel\n"
            "def other(): A(json)\n",
            [],
            id="kept parameter",
        ),
        pytest.param(
            "class A:\n    def __init__(self): self.x = Shop('x')\n    def use(self): return self.x.titel\n",
            ["self.x.titel"],
            id="kept value",
        ),
        pytest.param(
            "class A:\n    def __init__(self): self.x = Shop('x')\n    def use(self): return self.x.titel\n"
            "def other(a): a.x = json\n",
            [],
            id="kept value, changed elsewhere",
        ),
        pytest.param(
            "def far(y): y.titel\ndef run(x): far(x)\ndef use(): run(Shop('x'))\n",
            ["y.titel"],
            id="passed on",
        ),
        pytest.param(
            "def run(x): x.titel\ndef use(): run(Shop('x')); run(Kiosk('y'))\n", [], id="two classes passed"
        ),
        pytest.param(
            "def run(x): x.titel\ndef use(): run(Shop('x')); run(Shop('y'))\n", ["x.titel"], id="passed"
        ),
        pytest.param(
            "def run(x): x.titel\ndef use(): run(Shop('x')); return run\n", [], id="passed on itself"
        ),
        pytest.param("def run(x): x.titel\ndef use(): run(Shop('x')); run(*[])\n", [], id="any passed"),
        pytest.param("def run(x): x.titel\ndef use(): run(Shop('x')), 'app.run'\n", [], id="named by a text"),
        pytest.param(
            "def run(x=None): x.titel\ndef use(): run(Shop('x'))\n", ["x.titel"], id="passed, optional"
        ),
        pytest.param(
            "HELD = None\ndef set(): global HELD; HELD = Shop('x')\ndef use(): HELD.titel\n", [], id="global"
        ),
        pytest.param("def use(): Open().titel\n", [], id="any attribute"),
        pytest.param(
            "def use():\n    try: {}['x']\n    except KeyError: json.dmups(1)\n", [], id="another version"
        ),
        pytest.param(
            "def use():\n    x = Shop('x')\n    [x := y for y in json.loads('[]')]\n    x.titel\n",
            [],
            id="bound inside",
        ),
        pytest.param(
            "class A:\n    class Shop:\n        titel = 1\n    def use(self, x: Shop): x.titel\n",
            [],
            id="a class in a class",
        ),
        pytest.param(
            "class A:\n    def __init__(self): self.x = Shop('x')\n    def change(self): self.x = Open()\n"
            "HELD = A()\ndef use(): HELD.x.titel\n",
            [],
            id="changed later",
        ),
        pytest.param(
            "class A:\n    kept = Shop\n    def use(self): return self.kept.titel\n",
            ["self.kept.titel"],
            id="class kept",
        ),
        pytest.param(
            "class A:\n    kept = Shop\n    def use(self): return self.kept.titel\n"
            "class B(A):\n    kept = Open\n",
            [],
            id="another class kept by a subclass",
        ),
        pytest.param(
            "class A:\n    kept = Shop\n    def use(self): self.kept('x').titel\n",
            ["self.kept('x').titel"],
            id="instance of a class kept",
        ),
        pytest.param(
            "class A:\n    kept = Shop\n    def use(self): self.kept('x').titel\n"
            "class B(A):\n    kept = Open\n",
            [],
            id="instance of another class kept by a subclass",
        ),
        pytest.param(
            "class A:\n    kept = Shop\n    def use(self): self.kept('x').titel\n"
            "    def change(self): self.kept = Open\n",
            [],
            id="instance of another class kept later",
        ),
        pytest.param(
            "def use(y):\n    x = {'a': {'b': False}}\n    x['a']['c'] = y\n    x['a']['c'].titel\n",
            [],
            id="put into what another holds",
        ),
        pytest.param(
            "def use():\n    x = {'a': {'b': Shop('x')}, 'c': Shop('x')}\n    x['c'].titel\n",
            ["x['c'].titel"],
            id="held beside",
        ),
        pytest.param(
            "def some(x) -> list[Shop]: return x\ndef find(x) -> Shop: return some(x)[0]\n"
            "def use(x): find(x).other_name\n",
            [],
            id="one annotation confirms another",
        ),
        pytest.param(
            "def use(x: tuple[()]): x.size, Shop('x').titel\n", ["Shop('x').titel"], id="empty tuple"
        ),
        pytest.param(
            "import sys\nhere = sys.modules[__name__]\ndef change(): here.SERVICE = json\n"
            "def use(): SERVICE.titel\n",
            [],
            id="a name that is given to the module",
        ),
        pytest.param("def use(): SERVICE.titel\n", ["SERVICE.titel"], id="a name of the module"),
        pytest.param(
            "class Meta(type):\n    def __call__(cls): return json\nclass A(metaclass=Meta): pass\n"
            "def use(): A().titel\n",
            [],
            id="metaclass that makes anything",
        ),
        pytest.param(
            "class A:\n    def __new__(cls): return json\ndef use(): A().titel\n", [], id="makes anything"
        ),
        pytest.param(
            "def make() -> Shop: return json\ndef use(): make().other_name\n", [], id="wrong annotation"
        ),
        pytest.param(
            "def make() -> Shop: return Owner('x')\ndef use(): make().titel\n", [], id="seen to be wrong"
        ),
        pytest.param(
            "def wrap(f):\n    @functools.wraps(f)\n    def inner(*a): return json\n    return inner\n"
            "@wrap\ndef make() -> Shop: return Shop('x')\ndef use(): make().titel\n",
            [],
            id="decorated",
        ),
        pytest.param(
            "@functools.lru_cache\ndef make(): return Shop('x')\ndef use(): make().titel\n",
            ["make().titel"],
            id="cached",
        ),
        pytest.param(
            "async def make(): return Shop('x')\nasync def use(): (await make()).titel\n",
            ["(await make()).titel"],
            id="awaited",
        ),
        pytest.param(
            "def one(n): return two(n)\ndef two(n): return one(n)\ndef use(): one(1).titel\n",
            [],
            id="each other",
        ),
        pytest.param(
            "def use():\n    Shop('x').titel\ndef other(y): y.titel = 1\n", [], id="given elsewhere"
        ),
    ],
)
def test_modules(tmp_path: Path, source: str, wrong: list[str]) -> None:
    assert missing(tmp_path, in_shop(source)) == wrong


SELVES = """\
import typing, typing_extensions
from typing import List


class Corner(Shop):
    kind = "corner"

    def __init__(self, row):
        self.kind = Owner(row)

    @classmethod
    {} make(cls{}, row) -> {}:
        return row
"""


@pytest.mark.parametrize(
    "said,given",
    [
        ("typing_extensions.Self", "{}"),
        ("typing_extensions.Self | None", "({} or Corner(1))"),
        ("List[typing_extensions.Self]", "{}[0]"),
        ("tuple[int, typing_extensions.Self]", "{}[1]"),
    ],
)
@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
def test_self_of_a_class_method_is_an_instance(tmp_path: Path, said: str, given: str, later: bool) -> None:
    """What only the class has by that name is not asked; what no instance has is missing."""
    pytest.importorskip("typing_extensions")
    made = given.format("(await Corner.make(1))" if later else "Corner.make(1)")
    source = SELVES.format("async def" if later else "def", "", said)
    use = f"async def use():\n    {made}.kind.name\n    {made}.boss.nmae\n    {made}.titel\n"
    wrong = [ast.unparse(ast.parse(f"{made}.{rest}")) for rest in ("boss.nmae", "titel")]
    assert missing(tmp_path, in_shop(source + use)) == wrong


@pytest.mark.parametrize("name", ["T", "Self"])
def test_a_type_variable_of_a_class_method_is_no_class(tmp_path: Path, name: str) -> None:
    """The older form of the same: nothing is asked of the class."""
    pytest.importorskip("typing_extensions")
    bound = f'{name} = typing.TypeVar("{name}", bound="Corner")\n'
    source = SELVES.format("def", f": type[{name}]", name)
    use = "def use():\n    Corner.make(1).kind.name\n"
    assert missing(tmp_path, in_shop(source + bound + use)) == []


SIDES = [
    "if {}: Shop('x').titel\n    else: Shop('x').titel",
    "if {}:\n        return Shop('x').titel\n    return Shop('x').titel",
    "for x in find(1):\n        if {}: continue\n        Shop('x').titel",
    "return Shop('x').titel if {} else Shop('x').titel",
    "return {} and Shop('x').titel",
    "return find(1) or ({}) or [Shop(x).titel for x in 'x']",
    "if find(1): pass\n    elif {}: Shop('x').titel",
]
BEFORE = "import importlib.metadata, sys\nfrom importlib import metadata\nVERSION = json.__version__\n"


@pytest.mark.parametrize(
    "test",
    [
        "json.__version__ < '2'",
        "tuple(map(int, json.__version__.split('.'))) >= (4, 2)",
        "find(json.__version__) == find('2')",
        "not (VERSION > '2' and find(1))",
        "VERSION.startswith('1.')",
        "metadata.version('pytest') > '8'",
        "importlib.metadata.version('pytest') > '8'",
        "sys.version_info[:2] in json.supported",
        "sys.version_info >= (3, 8) and json.VERSION > (1, 2)",
        "hasattr(json, 'other')",
        "hasattr(json.JSONDecoder, 'other')",
        "NEW",
        "NEW_TOO is True",
        "is_new()",
        "here",
    ],
)
def test_a_condition_on_a_version(tmp_path: Path, test: str) -> None:
    """Neither of its sides is judged: one of them is for other versions. What stands beside it is."""
    flags = "NEW = json.__version__ >= '2'\nNEW_TOO = not NEW\ndef is_new(): return VERSION > '1'\n"
    use = "".join(f"def use():\n    here = VERSION[0]\n    {one.format(test)}\n" for one in SIDES)
    beside = "def beside(here):\n    if here: Shop('x').titlle\n"
    assert missing(tmp_path, in_shop(BEFORE + flags + use + beside)) == ["Shop('x').titlle"]


@pytest.mark.parametrize(
    "body",
    [
        "if sys.version_info >= (3, 8): Shop('x').titel\n    else: Shop('x').other",
        "return Shop('x').titel if sys.version_info >= (3, 8) else Shop('x').other",
        "return Shop('x').other if sys.version_info < (3, 8) else Shop('x').titel",
        "return sys.version_info >= (3, 8) and Shop('x').titel",
        "return sys.version_info < (3, 8) and Shop('x').other or Shop('x').titel",
        "if VERSION < '2': raise ValueError\n    Shop('x').titel",
        "if VERSION < '2': find(2)\n    Shop('x').titel",
        "if hasattr(Shop, 'other'): find(1)\n    else: Shop('x').titel",
        "x = find(VERSION)\n    if x: Shop('x').titel",
        "x = {'version': VERSION}\n    if x: Shop('x').titel",
    ],
)
def test_a_condition_that_leaves_no_other_version(tmp_path: Path, body: str) -> None:
    """It is known here, it refuses the others, or it asks for no version."""
    assert missing(tmp_path, in_shop(f"{BEFORE}def use():\n    {body}\n")) == ["Shop('x').titel"]


def test_definitions_under_a_condition_on_a_version(tmp_path: Path) -> None:
    use = "    def use(): Shop('x').titel\n"
    source = f"if VERSION < '2':\n{use}else:\n{use}    class A(Shop):\n    {use}"
    assert missing(tmp_path, in_shop(BEFORE + source)) == []


def test_what_is_told_of_a_read(tmp_path: Path) -> None:
    told = read(tmp_path, "class A:\n    name = 1\n\n\ndef use():\n    a = A()\n    return a.nmae, a.name\n")
    (cls,) = [one for one in told["classes"] if one["missing"]]
    (missed,) = cls["missing"]
    assert (cls["name"].rpartition(".")[2], cls["location"]["line"], cls["reads"]) == ("A", 1, 2)
    assert missed["location"]["line"] == 7
    assert (missed["function"], missed["known"], missed["known_line"]) == ("use", "made", 6)
    assert (missed["near"], missed["of_class"], missed["nullable"]) == ("name", False, "")
    assert (told["modules"], told["reads"], told["judged"]) == (1, 2, 2)


def test_what_is_too_deep_to_read_is_left_out(tmp_path: Path) -> None:
    deep = f"def deep():\n    Shop('x').titel\n    return {'+'.join(['1'] * 1500)}\n"
    assert missing(tmp_path, in_shop(f"{deep}def use(): Shop('x').titel\n")) == ["Shop('x').titel"] * 2
    deep = f"def deep():\n    Shop('x').titel\n    return x{'.a' * 2500}\n"
    assert set(missing(tmp_path, in_shop(f"{deep}def use(): Shop('x').titel\n"))) <= {"Shop('x').titel"}


def test_a_long_module(tmp_path: Path) -> None:
    functions = "".join(
        f"def use_{number}(x: Shop):\n    return x.title, x.titel\n" for number in range(1000)
    )
    assert len(missing(tmp_path, in_shop(functions))) == 1000


NAMES = st.sampled_from(["x", "y", "Shop", "Owner", "find", "self", "json"])
EXPRESSIONS = st.recursive(
    NAMES | st.sampled_from(["1", "'a'", "None", "[]", "{}", "..."]),
    lambda inner: st.one_of(
        st.builds("{}.titel".format, inner.filter(lambda text: not text[0].isdigit())),
        st.builds("({})({})".format, inner, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("[{} for x in ({}) if {}]".format, inner, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} or {} and not {})".format, inner, inner, inner),
        st.builds("(lambda x, *y: {})".format, inner),
        st.builds("{{**({}), 'a': {}}}".format, inner, inner),
        st.builds("isinstance({}, {})".format, inner, inner),
        st.builds("setattr({}, 'titel', 1)".format, inner),
        st.builds("(x := {})".format, inner),
        st.builds("({} | {})".format, inner, inner),
        st.builds("(yield {})".format, inner),
    ),
    max_leaves=6,
)


def _block(text: str) -> str:
    return text.replace("\n", "\n    ")


STATEMENTS = st.recursive(
    st.one_of(
        EXPRESSIONS,
        st.builds("x = {}".format, EXPRESSIONS),
        st.builds("x, *y = {}".format, EXPRESSIONS),
        st.builds("x.titel = {}".format, EXPRESSIONS),
        st.builds("y: Shop = {}".format, EXPRESSIONS),
        st.builds("x += {}".format, EXPRESSIONS),
        st.builds("assert {}".format, EXPRESSIONS),
        st.builds("return {}".format, EXPRESSIONS),
        st.sampled_from(["del x", "break_ = 1", "import json as y", "raise", "pass"]),
    ),
    lambda inner: st.one_of(
        st.builds("{}\n{}".format, inner, inner),
        st.builds(lambda test, body: f"if {test}:\n    {_block(body)}", EXPRESSIONS, inner),
        st.builds(lambda test, body: f"while {test}:\n    {_block(body)}\n    break", EXPRESSIONS, inner),
        st.builds(
            lambda over, body: f"for x in {over}:\n    {_block(body)}\nelse:\n    pass", EXPRESSIONS, inner
        ),
        st.builds(
            lambda body, other: (
                f"try:\n    {_block(body)}\nexcept x as y:\n    pass\nfinally:\n    {_block(other)}"
            ),
            inner,
            inner,
        ),
        st.builds(lambda over, body: f"with {over} as y:\n    {_block(body)}", EXPRESSIONS, inner),
        st.builds(
            lambda over, body: (
                f"match {over}:\n    case Shop(title=x) | [*x]:\n        {_block(_block(body))}"
            ),
            EXPRESSIONS,
            inner,
        ),
        st.builds(lambda body: f"def x(y: Shop = 1, *x):\n    {_block(body)}", inner),
        st.builds(lambda body: f"class y(Shop):\n    def x(self):\n        {_block(_block(body))}", inner),
    ),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(STATEMENTS)
def test_any_code_is_read(tmp_path: Path, body: str) -> None:
    """Whatever stands in a function: no exception, and what stands in the others is found all the same."""
    source = f"def use(x: Shop, y=None):\n    {_block(body)}\n"
    try:
        compile(source, "use", "exec")
    except SyntaxError:
        return
    assert "Shop('x').titlle" in missing(tmp_path, in_shop(f"{source}def other():\n    Shop('x').titlle\n"))


WEB_FORM = """\
from wtforms import Form, StringField


class Titled(Form):
    title = StringField()

    def shown(self):
        return self.title.data


class Growing(Titled):
    def __init__(self, more, **given):
        super().__init__(**given)
        for name in more:
            setattr(self, name, more[name])


def use(data):
    form = Titled(data)
    form.validate(), form.title, form.shown(), form.csrf_token, form.errors
    form.validat()
    form.tiitle.data
    Titled(data).title.dtaa
    Growing(data).anything
"""


def test_forms_of_wtforms(tmp_path: Path) -> None:
    """Their fields are stored by name on each, and are all on the class; one of its own may store others."""
    pytest.importorskip("wtforms")
    assert missing(tmp_path, WEB_FORM) == ["form.validat", "form.tiitle"]
