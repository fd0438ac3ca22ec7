"""Whether a class has an attribute, told without running a line of the application's."""

from __future__ import annotations

import collections
import datetime as dt
import itertools
import shutil
import sqlite3
import ssl
import subprocess
import sys
import types
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pytest_prodready.inspector.names.presence.asked import Presence
from pytest_prodready.inspector.names.presence.near import nearest
from pytest_prodready.inspector.names.value import Class, Instance, Known, Live, Value
from pytest_prodready.inspector.parsed import Parsed
from pytest_prodready.inspector.project import Project
from tests.files import write_files

MADE = Known("made", 1)
NUMBERS = itertools.count()


class Shop:
    """The loaded modules of one application."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = f"shop_{next(NUMBERS)}"
        self.presence = Presence(Project(str(root), (self.package,)), Parsed())

    def load(self, text: str, name: str = "models") -> Any:
        """Import a module with this text."""
        write_files(self.root, {f"{self.package}/__init__.py": "", f"{self.package}/{name}.py": text})
        return __import__(f"{self.package}.{name}", fromlist=["*"])

    def lacks(self, cls: type, name: str, *, exact: bool = True, **more: Any) -> bool | None:
        """Of an instance."""
        return self.presence.lacks(Instance(cls, MADE, exact, **more), name)

    def answers(self, cls: type, **more: Any) -> list[bool | None]:
        """For a name that no class has, and for one that some have."""
        return [self.lacks(cls, name, **more) for name in ("absent", "there")]

    def confirmed(self, cls: type, name: str, judged: tuple[str, ...] = ()) -> bool:
        """Of an instance."""
        return self.presence.confirmed(Instance(cls, MADE, exact=True), name, judged)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """An empty application."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Shop(tmp_path)
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == made.package]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "body",
    [
        "there = 1",
        "there: int",
        "def there(self): pass",
        "@property\n    def there(self): raise SystemExit",
        "__slots__ = ('there',)",
        "def __init__(self): self.there = 1",
        "def __init__(self): self.there: int = 1",
        "def late(self): self.there += 1",
        "def late(self, one): self.first, (self.there, *rest) = one",
        "def late(self, many):\n        for self.there in many: pass",
        "def late(self, file):\n        with file as self.there: pass",
        "def late(self):\n        def inner(): self.there = 1\n        return inner",
        "def late(self): setattr(self, 'there', 1)",
        "def late(self): object.__setattr__(self, 'there', 1)",
        "def late(self): super().__setattr__('there', 1)",
        "def late(self): self.__dict__['there'] = 1",
        "def late(self): self.__dict__.setdefault('there', 1)",
        "def late(self): vars(self).update(there=1)",
        "@classmethod\n    def make(cls):\n        made = cls()\n        made.there = 1\n        return made",
        "def __setstate__(self, state):\n        self.there = 1\n        self.__dict__.update(state)",
        "def __setattr__(self, name, value):\n        super().__setattr__(name, value)\n    there = 2",
        "def late(self, k, v):\n        if hasattr(self, k): setattr(self, k, v)\n    there = 2",
        "def late(self, k): setattr(self, 'the' + k, 1)",
        "def late(self, k): setattr(self, f'the{k}', 1)",
        "def late(self, k): setattr(self, 'th{}_{}'.format(k, k), 1)",
        "def late(self, k):\n        key = 'the%s_%s' % (k, k)\n        setattr(self, key, 1)",
        "def late(self, k): self.__dict__['ther' + k] = 1",
        "if len('x') > 1:\n        def there(self): pass",
        "def shown(self): return dict(self.__dict__.items())\n    there = 2",
    ],
)
def test_what_a_class_lists(shop: Shop, body: str) -> None:
    """It has what its source names anywhere, and nothing else; so has a subclass."""
    module = shop.load(
        f"class Base:\n    {body}\nclass Model(Base):\n    def other(self): return self.absent\n"
    )
    assert shop.answers(module.Base) == [True, False]
    assert shop.answers(module.Model) == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        "def __getattr__(self, name): return 1",
        "def __getattribute__(self, name): return 1",
        "def __init__(self, **given):\n        for k, v in given.items(): setattr(self, k, v)",
        "def __init__(self, **given): self.__dict__.update(given)",
        "def __init__(self, given): self.__dict__ = given",
        "def __init__(self, given): vars(self).update(given)",
        "def __init__(self, given): self.__dict__ |= given",
        "def __init__(self, k): self.__dict__[k] = 1",
        "def __setattr__(self, name, value): super().__setattr__(self.of(name), value)",
        "def late(self, k): setattr(self, k + '_the', 1)",
        "def late(self, k): setattr(self, '{}_the'.format(k), 1)",
        "def late(self, k): setattr(self, f'{k}the', 1)",
        "def late(self, k):\n        k = 'the' + k\n        setattr(self, k, 1)",
        "def late(self, k):\n        a = 'the'\n        for a in k: pass\n        setattr(self, a, 1)",
        "def late(self): exec('self.x = 1')",
        "@classmethod\n    def make(cls, k):\n        made = cls()\n        setattr(made, k, 1)",
        "def late(self, k, v):\n        if not hasattr(self, k): setattr(self, k, v)",
        "def late(self, one):\n        import functools\n        functools.update_wrapper(self, one)",
        "def __init__(self, other): self.__class__ = other",
        "pass",
    ],
)
def test_what_may_have_more(shop: Shop, body: str) -> None:
    """Nothing is claimed of a class that stores under names that are data, or answers for any name."""
    module = shop.load(f"class Base:\n    {body}\nclass Model(Base):\n    pass\n")
    assert [shop.lacks(cls, "absent") for cls in (module.Base, module.Model)] == [None, None]


def test_what_other_places_add_to_a_class(shop: Shop) -> None:
    """Methods from elsewhere, decorators, a metaclass that makes instances, a class made by a call."""
    module = shop.load("""\
        import functools
        from collections import namedtuple
        from dataclasses import dataclass, field
        def attach(self): self.attached = 1
        def wrapped(function):
            @functools.wraps(function)
            def inner(self): self.by_wrapper = 1
            return inner
        class Meta(type):
            def __call__(cls):
                made = super().__call__()
                made.by_meta = 1
                return made
        class Model(metaclass=Meta):
            @wrapped
            def method(self): self.by_method = 1
        Model.attach = attach
        Made = type("Made", (Model,), {"late": attach})
        Point = namedtuple("Point", "x y")
        @dataclass(frozen=True)
        class Row:
            total: int
            lines: list = field(default_factory=list)
        @dataclass
        class Slotted(Row.__bases__[0]):
            total: int
        """)
    for name in ("attached", "by_wrapper", "by_meta", "by_method", "method"):
        assert [shop.lacks(cls, name) for cls in (module.Model, module.Made)] == [False, False]
    found = [shop.lacks(cls, "absent") for cls in (module.Model, module.Made, module.Point, module.Row)]
    assert found == [True] * 4
    assert [shop.lacks(module.Point, "x"), shop.lacks(module.Row, "lines")] == [False, False]


@pytest.mark.parametrize(
    "cls, there, absent",
    [
        (str, "split", "spilt"),
        (dict, "items", "itmes"),
        (type(None), "__class__", "id"),
        (dt.datetime, "year", "yaer"),
        (collections.OrderedDict, "move_to_end", "move"),
        (KeyError, "args", "arg"),
        (Path, "exists", "exsts"),
    ],
)
def test_classes_of_the_standard_library(shop: Shop, cls: type, there: str, absent: str) -> None:
    """They are asked like any other, those of C too."""
    assert (shop.lacks(cls, there) or False, shop.lacks(cls, absent)) == (False, True)


@pytest.mark.parametrize(
    "cls",
    [ssl.SSLError, ssl.SSLCertVerificationError, sqlite3.Error, ET.ParseError, zlib.error],
)
def test_exceptions_that_c_code_raises(shop: Shop, cls: type) -> None:
    """It gives them attributes that the class does not list, and so to those that derive from them."""

    class Derived(cls):  # type: ignore[misc]  # of each of them
        there = 1

    for one in (cls, Derived):
        assert [shop.lacks(one, "absent", exact=exact) for exact in (True, False)] == [None, None]
    assert shop.lacks(Derived, "there") is False


@pytest.mark.parametrize("cls", [ValueError, KeyError, OSError])
def test_exceptions_that_are_built_in(shop: Shop, cls: type) -> None:
    """One that was made here has what is listed; one that was caught was raised by anybody."""
    assert (shop.lacks(cls, "absent"), shop.lacks(cls, "absent", exact=False)) == (True, None)
    assert shop.lacks(cls, "args", exact=False) is False


def test_exceptions_in_python(shop: Shop) -> None:
    """Those of the application and of a library that was read are asked like any class."""
    module = shop.load("""\
        class Refused(ValueError):
            pass
        Also = type("Also", (Refused,), {})
        """)
    for cls in (module.Refused, module.Also, subprocess.CalledProcessError, shutil.SpecialFileError):
        made = [shop.lacks(cls, "absent", exact=exact) for exact in (True, False)]
        assert made == [True, True], cls


@pytest.mark.parametrize("cls", [object, types.SimpleNamespace, super, types.ModuleType])
def test_classes_that_say_nothing(shop: Shop, cls: type) -> None:
    """Bags, proxies, and classes of C with a lookup of their own."""
    assert shop.lacks(cls, "absent") is None


def test_subclasses_count_where_the_value_may_be_one(shop: Shop) -> None:
    """What one of them has may be there; one that is only inherited from says nothing by itself."""
    module = shop.load("""\
        class Provider:
            def name(self): pass
        class Clinic(Provider):
            def __init__(self): self.beds = 1
        class Loose(Clinic):
            def __getattr__(self, name): return 1
        class Lonely:
            def name(self): pass
        class ListMixin:
            def name(self): pass
        class Database:
            def name(self): pass
        """)
    assert shop.lacks(module.Provider, "beds") is True
    assert shop.lacks(module.Provider, "beds", exact=False) is None
    assert shop.lacks(module.Provider, "absent", exact=False) is None
    assert [
        shop.lacks(cls, "x", exact=False) for cls in (module.Lonely, module.ListMixin, module.Database)
    ] == [
        True,
        None,
        True,
    ]
    assert shop.presence.lacks(Class(module.Provider), "name") is False
    assert shop.presence.lacks(Class(module.Lonely), "nmae") is True


def test_what_an_instance_has_besides(shop: Shop) -> None:
    """Annotations of its query are there; an opened one may have anything."""
    module = shop.load("class Provider:\n    def name(self): pass\n")
    assert shop.lacks(module.Provider, "total", extra=frozenset({"total"})) is False
    assert shop.lacks(module.Provider, "total", opened=True) is None
    assert shop.lacks(module.Provider, "__total") is None
    assert shop.lacks(module.Provider, "_Provider__total") is None


HOSTILE = """\
    class Meta(type):
        def __getattribute__(cls, name): raise SystemExit(name)
        def __hash__(cls): raise SystemExit("hash")
        def __eq__(cls, other): raise SystemExit("eq")
        def __instancecheck__(cls, one): raise SystemExit("instance")
        def __subclasscheck__(cls, one): raise SystemExit("subclass")
    class Held:
        def __getattr__(self, name): raise SystemExit(name)
        @property
        def __class__(self): raise SystemExit("class")
        def __eq__(self, other): raise SystemExit("eq")
        def __bool__(self): raise SystemExit("bool")
    class Quiet(type):
        def __hash__(cls): raise SystemExit("hash")
        def __eq__(cls, other): raise SystemExit("eq")
        @property
        def __name__(cls): raise SystemExit("name")
        def __getattr__(cls, name): raise SystemExit(name)
    class Model(metaclass=Quiet):
        held = Held()
        _fields = Held()
        model_config = Held()
        @property
        def there(self): raise SystemExit("there")
        @classmethod
        @property
        def also(cls): raise SystemExit("also")
    Raising = Meta.__new__(Meta, "Raising", (), {"there": 1})
    """


def test_nothing_of_a_hostile_class_runs(shop: Shop) -> None:
    """Metaclasses, descriptors and what a class holds may raise, or leave the interpreter."""
    module = shop.load(HOSTILE)
    model, raising = (vars(module)[name] for name in ("Model", "Raising"))
    assert shop.answers(model) == [True, False]
    assert shop.presence.lacks(Class(model), "absent") is None
    assert shop.answers(raising) == [True, False]
    assert shop.presence.nearest(Instance(model, MADE), "theer") == "there"
    assert shop.presence.confirmed(Instance(model, MADE), "absent") is True


def test_a_source_that_cannot_be_read(shop: Shop) -> None:
    """Written in a newer syntax, changed since, or generated without one: nothing is claimed."""
    module = shop.load("class Model:\n    def name(self): pass\n")
    Path(module.__file__).write_text("class Model:\n    x = = 1\n", encoding="utf-8")
    assert shop.lacks(module.Model, "absent") is None
    made: dict[str, Any] = {"__name__": "no_such_module"}
    exec("class Generated:\n    def __init__(self): self.name = 1\n", made)
    assert shop.lacks(made["Generated"], "absent") is None


def test_a_large_generated_class(shop: Shop) -> None:
    """It is read once, and every attribute of it is found."""
    lines = "".join(f"        self.field_{number} = {number}\n" for number in range(5000))
    module = shop.load(f"class Model:\n    def __init__(self):\n{lines}")
    assert all(shop.lacks(module.Model, f"field_{number}") is False for number in range(0, 5000, 7))
    assert shop.lacks(module.Model, "field_5000") is True


def test_objects_that_are_there(shop: Shop) -> None:
    """One that a module holds has what it has been given, and what its class lists."""
    module = shop.load("""\
        import functools
        class Service:
            def __init__(self, names):
                self.ready = False
                for name in names: vars(self)[name] = 1
            def send(self): self.sent = 1
        class Plain:
            def send(self): self.sent = 1
        class Proxy:
            @property
            def __dict__(self): raise SystemExit
            def send(self): pass
        service, plain, proxy = Service(["given"]), Plain(), Proxy()
        plain.given = 1
        @functools.lru_cache
        def cached(): pass
        """)
    asked = ("send", "sent", "given", "absent")
    for held, expected in [
        (module.service, [False, False, False, None]),
        (module.plain, [False, False, False, True]),
        (module.proxy, [False, True, True, True]),
    ]:
        assert [shop.presence.lacks(Live(held), name) for name in asked] == expected
    assert [shop.presence.lacks(Live(module.cached), name) for name in ("cache_clear", "clear")] == [
        False,
        True,
    ]
    assert shop.presence.nearest(Live(module.plain), "givn") == "given"


def test_modules_and_functions(shop: Shop) -> None:
    """A module has what it holds, what is below it, and what its source may still define."""
    module = shop.load(
        """\
        def send(): pass
        def later():
            global made_later
            made_later = 1
        send.retries = 3
        """
    )
    lazy = shop.load("def __getattr__(name): return []\n", "lazy")
    package = sys.modules[shop.package]
    (shop.root / shop.package / "unloaded.py").touch()
    asked: list[tuple[Any, str]] = [
        (module, "send"),
        (module, "made_later"),
        (module, "sned"),
        (lazy, "anything"),
        (package, "models"),
        (package, "unloaded"),
        (package, "missing"),
        (module.send, "retries"),
        (module.send, "retires"),
    ]
    expected = [False, None, True, None, False, None, None, False, True]
    found = [shop.presence.lacks(Live(one), name) for one, name in asked]
    assert found == expected
    assert shop.presence.nearest(Live(module), "sned") == "send"


GIVEN = [
    ("def use(one): one.total = 1", False),
    ("def use(one): one.row.total += 1", False),
    ("def use(one):\n    one.total: int = 1", False),
    ("def use(one):\n    one.total, one.x = 1, 2", False),
    ("def use(many):\n    for one.total in many: pass", False),
    ("def use(one): setattr(one, 'total', 1)", False),
    ("def use(many): return many.annotate(total=1)", False),
    ("def use(many): return many.extra(select={'total': 'x'})", False),
    ("def use(many): return Prefetch('lines', to_attr='total')", False),
    ("NAMES = ['total']\ndef use(one):\n    for name in NAMES: setattr(one, name, 1)", False),
    ("NAMES = ['total']\ndef use(one): one.__dict__.update(NAMES)", False),
    ("class Other:\n    def __init__(self): self.total = 1", True),
    ("def use(one):\n    if one.total == 1: return {'total': one.total}", True),
    ("def use(one):\n    for x in one.total: print(x, one.total, sep='')", True),
    ("def use(one): return type(one.__name__, (one,), {'total': 1})", False),
    ("def use(one): return type(one), {'total': 1}", True),
    ("def use(one): total = one.total", True),
    ("def use(one): return row(total=one.total)", True),
]


@pytest.mark.parametrize("text, confirmed", GIVEN)
def test_what_other_code_gives_to_an_object(shop: Shop, text: str, confirmed: bool) -> None:
    """Nothing is confirmed where any other module may give the attribute to such an object."""
    module = shop.load("class Model:\n    def name(self): pass\n")
    shop.load(text, "use")
    assert shop.lacks(module.Model, "total") is True
    assert shop.confirmed(module.Model, "total") is confirmed


@pytest.mark.parametrize(
    "text, confirmed",
    [
        ("def make():\n    class Made(Model): total = 1\n", False),
        ("def make(other):\n    return type(str(other), (Model, other), {})\n", False),
        ("def make(other):\n    other.__bases__ = (Model,) + other.__bases__\n", False),
        ("def make():\n    class Meta(Model.Meta): total = 1\n", True),
        ("def make():\n    class Made(Models): total = 1\n", True),
    ],
)
def test_subclasses_that_are_made_later(shop: Shop, text: str, confirmed: bool) -> None:
    """They count where the value may be one."""
    module = shop.load("class Model:\n    def name(self): pass\n")
    shop.load(text, "use")
    assert shop.presence.confirmed(Instance(module.Model, MADE), "total") is confirmed
    assert shop.confirmed(module.Model, "total") is True


@pytest.mark.parametrize(
    "text, confirmed",
    [
        ("class Made(Model):\n    total = 1\n", False),
        ("class Made(Model, Other): pass\n", False),
        ("class Made(Other,\n    Model): pass\n", False),
        ("class Made(Model): pass\n", True),
        ("class Made(Other):\n    model = Model\n    total = 1\n", True),
    ],
)
def test_subclasses_in_modules_that_are_not_loaded(shop: Shop, text: str, confirmed: bool) -> None:
    """Another process loads them."""
    module = shop.load("class Model:\n    def name(self): pass\n")
    write_files(shop.root, {f"{shop.package}/worker.py": text})
    assert shop.presence.confirmed(Instance(module.Model, MADE), "total") is confirmed
    assert shop.confirmed(module.Model, "total") is True


def test_subclasses_in_modules_of_a_namespace_package(shop: Shop) -> None:
    """They are looked for in all of its directories."""
    made = f"from {shop.package}.models import Model\nclass Made(Model):\n    total = 1\n"
    text = "class Model:\n    def name(self): pass\n"
    write_files(shop.root, {f"{shop.package}/models.py": text, f"{shop.package}/worker.py": made})
    model = __import__(f"{shop.package}.models", fromlist=["*"]).Model
    assert shop.presence.confirmed(Instance(model, MADE), "total") is False
    assert shop.confirmed(model, "total") is True


FILLING = [
    ("def use(model: 'Model', data):\n    for k, v in data: setattr(model, k, v)", False),
    ("def use(model: 'Model | None', data): model.__dict__.update(data)", False),
    ("def use(data):\n    model = Model()\n    vars(model).update(data)", False),
    ("model = Model()\nfor k in 'ab': setattr(model, k, 1)", False),
    ("def fill(one, data): one.__dict__ = data\ndef use(data):\n    fill(Model(), data)", False),
    (
        "class Loader:\n    def fill(self, k):\n        one = self.x or Model()\n        setattr(one, k, 1)",
        False,
    ),
    ("class Loader:\n    def fill(self, one, k): setattr(one, k, 1)\n    kind = Model", True),
    ("class Loader:\n    def fill(self, k): setattr(self, k, 1)\n    kind = Model", True),
    ("def fill(one, k): setattr(one, k, 1)\nkind = Model", True),
    ("def fill(one: 'Other', k): setattr(one, k, 1)\nuse = lambda: fill(Model())", True),
    ("def fill(one, k): setattr(one, 'name', k)\nuse = lambda: fill(Model())", True),
    ("KEY = 'name'\ndef fill(one): setattr(one, KEY, 1)\nuse = lambda: fill(Model())", True),
    ("KEY = 'total'\ndef fill(one): setattr(one, KEY, 1)\nuse = lambda: fill(Model())", False),
    ("KEY = 'name'\ndef fill(one, KEY): setattr(one, KEY, 1)\nuse = lambda: fill(Model())", False),
    (
        "KEY = 'name'\ndef fill(one):\n    KEY = one.x\n    vars(one)[KEY] = 1\nuse = lambda: fill(Model())",
        False,
    ),
]


@pytest.mark.parametrize("text, confirmed", FILLING)
def test_functions_that_fill_an_object(shop: Shop, text: str, confirmed: bool) -> None:
    """An object that is filled by keys may have any attribute; so may what a filling function is given."""
    module = shop.load("class Model:\n    def name(self): pass\n")
    shop.load(f"from {shop.package}.models import Model\n{text}\n", "use")
    assert shop.lacks(module.Model, "total") is True
    assert shop.confirmed(module.Model, "total") is confirmed


def test_annotations_that_do_not_say_the_truth(shop: Shop) -> None:
    """A parameter that is annotated as a class and asked for ``get`` is a dict."""
    module = shop.load("class Schema:\n    def name(self): pass\n")
    for known, expected in ((Known("annotated"), False), (MADE, True)):
        value = Instance(module.Schema, known)
        assert shop.presence.lacks(value, "items") is True
        assert shop.presence.confirmed(value, "items") is expected


def test_stores_that_have_been_judged_are_not_searched(shop: Shop) -> None:
    """The receiver of each is known to be another object."""
    module = shop.load("class Model:\n    def name(self): pass\n")
    other = shop.load("def use(one): one.total = 1\n", "use")
    assert shop.confirmed(module.Model, "total") is False
    assert shop.confirmed(module.Model, "total", (other.__file__,)) is True


def test_libraries_give_to_what_inherits_from_them(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that knows nothing of the class's bases gives it nothing."""
    library = tmp_path / "site-packages"
    write_files(
        library,
        {
            "web_kit.py": "class Request:\n    def path(self): pass\n",
            "login_kit.py": "import web_kit\ndef enter(request): request.visitor = 1\n",
        },
    )
    monkeypatch.syspath_prepend(str(library))
    kits: list[Any] = [__import__(name) for name in ("web_kit", "login_kit")]
    monkeypatch.setitem(sys.modules, "web_kit", kits[0])
    monkeypatch.setitem(sys.modules, "login_kit", kits[1])
    module = shop.load(
        "import web_kit\nclass Page(web_kit.Request): pass\nclass Own:\n    def x(self): pass\n"
    )
    assert [shop.lacks(cls, "visitor") for cls in (module.Page, module.Own)] == [True, True]
    assert shop.confirmed(module.Page, "visitor") is False
    assert shop.confirmed(module.Own, "visitor") is True


def mapped(shop: Shop) -> Any:
    return shop.load("""\
        from sqlalchemy import ForeignKey
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
        class Base(DeclarativeBase): pass
        class Provider(Base):
            __tablename__ = "providers"
            id: Mapped[int] = mapped_column(primary_key=True)
            website_url: Mapped[str]
            offers: Mapped[list["Offer"]] = relationship(backref="seller")
            def update(self, values):
                for key, value in values.items():
                    setattr(self, key, value)
        class Offer(Base):
            __tablename__ = "offers"
            id: Mapped[int] = mapped_column(primary_key=True)
            provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
        """)


def test_mapped_classes(shop: Shop) -> None:
    """What their mappers bring counts once they are configured; keys of data are their columns."""
    orm = pytest.importorskip("sqlalchemy.orm")
    module = mapped(shop)
    assert shop.lacks(module.Offer, "absent") is None
    orm.configure_mappers()
    names = ("website_url", "offers", "metadata", "website")
    assert [shop.lacks(module.Provider, name) for name in names] == [False, False, False, True]
    assert [shop.lacks(module.Offer, name) for name in ("seller", "sellers")] == [False, True]
    assert shop.presence.nearest(Instance(module.Provider, MADE), "website") == "website_url"


def test_a_model_that_cannot_be_configured(shop: Shop) -> None:
    """Nothing is claimed of it: what the others would bring to it is not known."""
    orm = pytest.importorskip("sqlalchemy.orm")
    exc = pytest.importorskip("sqlalchemy.exc")
    module = shop.load("""\
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
        class Base(DeclarativeBase): pass
        class Provider(Base):
            __tablename__ = "providers"
            id: Mapped[int] = mapped_column(primary_key=True)
            offers = relationship("NoSuchModel")
        """)
    with pytest.raises(exc.InvalidRequestError):
        orm.configure_mappers()
    assert shop.lacks(module.Provider, "absent") is None
    module.Base.registry.dispose()


PYDANTIC = """\
    from pydantic import BaseModel, ConfigDict, PrivateAttr, computed_field
    class Closed(BaseModel):
        name: str
        there: int = 1
        _kept: int = PrivateAttr(1)
        @computed_field
        def total(self) -> int: return 1
    class Extra(BaseModel):
        model_config = ConfigDict(extra="allow")
        there: int = 1
    class Answering(BaseModel):
        there: int = 1
        def __getattr__(self, name): return 1
    """


def test_models_of_pydantic(shop: Shop) -> None:
    """Their own ``__getattr__`` answers for no more than is listed, unless they keep what is extra."""
    pytest.importorskip("pydantic")
    module = shop.load(PYDANTIC)
    assert shop.answers(module.Closed) == [True, False]
    assert [shop.lacks(module.Closed, name) for name in ("name", "_kept", "total")] == [False] * 3
    assert [shop.lacks(cls, "absent") for cls in (module.Extra, module.Answering)] == [None, None]


def test_enums(shop: Shop) -> None:
    """Members are attributes of the class, and what their metaclass answers for is listed."""
    module = shop.load("import enum\nclass Status(enum.Enum):\n    NEW = 1\n    def shown(self): pass\n")
    lacks: Callable[[Value, str], bool | None] = shop.presence.lacks
    assert [lacks(Class(module.Status), name) for name in ("NEW", "OLD", "shown")] == [False, True, False]
    assert [shop.lacks(module.Status, name) for name in ("value", "name", "NEW", "vlaue")] == [
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "name, candidates, expected",
    [
        ("website", ["website_url", "weather", "side"], "website_url"),
        ("business_name", ["company_name", "name", "business"], "business"),
        ("business_name", ["company_name", "city", "user"], "company_name"),
        ("is_read", ["read", "timestamp"], "read"),
        ("staus", ["status", "stats"], "status"),
        ("expire", ["get", "set", "touch"], ""),
        ("x" * 500, ["x" * 499], ""),
    ],
)
def test_the_nearest_name(name: str, candidates: list[str], expected: str) -> None:
    """By letters, and by whole words."""
    assert nearest(name, candidates) == expected
