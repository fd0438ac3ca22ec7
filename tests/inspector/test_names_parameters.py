"""Which missing attributes are proven although an annotation of a parameter says the class."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inspector.names_reading import missing, uncertain
from tests.inspector.test_names_reading import in_shop


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def use(x: Shop): x.titel\n", id="never called"),
        pytest.param("def use(x: Shop): x.titel\ndef run(y): use(y)\n", id="anything passed"),
        pytest.param("def use(x: Shop): x.titel\ndef run(): use(*[])\n", id="any number passed"),
        pytest.param("def use(x: Shop): x.titel\ndef run(): use(Owner('x'))\n", id="another class passed"),
        pytest.param(
            "def use(x: Shop): x.titel\ndef run(): use(Shop('x')), use(Owner('x'))\n", id="passed by one"
        ),
        pytest.param("def use(x: Shop): x.titel\ndef run(): use(Shop('x')); return use\n", id="handed on"),
        pytest.param(
            "def use(x: Shop): x.titel\ndef run(): use(Shop('x')); json.use(1)\n", id="called on something"
        ),
        pytest.param("def use(x: Shop = SERVICE): x.titel\ndef run(): use()\n", id="a default"),
        pytest.param("def use(x: Shop): x.titel\ndef run(y: Shop): use(y)\n", id="another annotation"),
        pytest.param(
            "def use(x: Shop): x.titel\ndef some(y) -> Shop: return y\ndef run(y): use(some(y))\n",
            id="the annotation of a result",
        ),
        pytest.param("def use(x: type[Shop]): x.titel\n", id="a class"),
        pytest.param("def use(x: type[Shop]): x('y').titel\n", id="made by a class"),
        pytest.param("def use(x: list[Shop]): x[0].titel\ndef run(y): use([y])\n", id="what a list holds"),
        pytest.param("def use(*x: Shop):\n    for y in x: y.titel\n", id="a star"),
        pytest.param("def use(x: Order): x.shop.titel\n", id="of an attribute of it"),
        pytest.param("def use(x: Shop): x.twin().titel\n", id="of what a method of it gives"),
        pytest.param(
            "def use(x: Order):\n    for y in x.lines: y.titel\n", id="of what an attribute of it holds"
        ),
        pytest.param("def same(x: Shop): return x\ndef use(y): same(y).titel\n", id="given back"),
        pytest.param("def use(x: Shop): type(x).titel\n", id="its type"),
        pytest.param(
            "def use(x: Shop, y: Shop):\n    z = x if json else y\n    z.titel\n"
            "def run(): use(Shop('x'), 1)\n",
            id="one of two",
        ),
        pytest.param(
            "class A:\n    def __init__(self, x: Shop): self.x = x\n    def use(self): return self.x.titel\n"
            "def run(y): A(y)\n",
            id="kept",
        ),
        pytest.param(
            "class A:\n    def __init__(self, x: Shop): self.x = x\n    def use(self): return self.x.titel\n"
            "def run(y): A(Shop('x')); return [A]\n",
            id="kept by a class that is handed on",
        ),
        pytest.param(
            "class A:\n    def use(self, x: Shop): x.titel\nclass B(A):\n    def use(self, x): pass\n"
            "def run(): A().use(Shop('x'))\n",
            id="overridden",
        ),
    ],
)
def test_an_annotation_alone(tmp_path: Path, source: str) -> None:
    """What is passed is not checked by anybody: it is told, and not as proven."""
    found = missing(tmp_path, in_shop(source))
    assert len(found) == 1
    assert uncertain(tmp_path, in_shop(source)) == found


MAKES = "from dataclasses import dataclass\n@dataclass\nclass Row:\n    name: str\n"


@pytest.mark.parametrize(
    "source, proven",
    [
        ("def make(y) -> Row: return y\ndef use(y): make(y).colour\n", False),
        ("async def make(y) -> Row: return y\nasync def use(y): (await make(y)).colour\n", False),
        ("def make(y) -> Row: return y\ndef use(y): make(y).nmae\n", True),  # it is misspelt
        ("def make(y) -> Row: return Row(y)\ndef use(y): make(y).colour\n", True),
        ("def make(y): return Row(y)\ndef use(y): make(y).colour\n", True),
        ("def make(y) -> list[Row]: return y\ndef use(y): make(y)[0].colour\n", False),
        ("def make(y) -> list[Row]: return [Row(y)]\ndef use(y): make(y)[0].colour\n", True),
        ("def make(y) -> list[Row]: return list(y)\ndef use(y): make(y)[0].colour\n", False),
    ],
)
def test_the_annotation_of_a_result(tmp_path: Path, source: str, proven: bool) -> None:
    """A function may return something else, where it is not seen to return what it says."""
    found = missing(tmp_path, in_shop(MAKES + source))
    assert len(found) == 1
    assert uncertain(tmp_path, in_shop(MAKES + source)) == ([] if proven else found)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def use(x: Shop): x.titel\ndef run(): use(Shop('x')), use(x=Kiosk('y'))\n", id="calls"),
        pytest.param(
            "def use(x: Shop | None): x.titel\ndef run(): use(Shop('x')), use(None)\n", id="or none"
        ),
        pytest.param("def use(x: Shop = None): x.titel\ndef run(): use(Shop('x')), use()\n", id="default"),
        pytest.param("def use(x: type[Shop]): x.titel\ndef run(): use(Shop)\n", id="a class"),
        pytest.param(
            "def use(x: list[Shop]): x[0].titel\ndef run(): use([Shop('x')]), use([])\n", id="a list"
        ),
        pytest.param(
            "def use(x: tuple[int, Shop]): x[1].titel\ndef run(): use((1, Shop('x')))\n", id="a tuple"
        ),
        pytest.param(
            "def use(x: Shop): x.titel\ndef far(y: Shop): use(y)\ndef run(): far(Shop('x'))\n", id="passed on"
        ),
        pytest.param(
            "def use(x: Shop, n):\n    x.titel\n    use(x, n)\ndef run(): use(Shop('x'), 1)\n", id="recursive"
        ),
        pytest.param("def use(x: Order): x.shop.titel\ndef run(): use(Order(Shop('x')))\n", id="attribute"),
        pytest.param(
            "class A:\n    def use(self, x: Shop): x.titel\n    def run(self): self.use(Shop('x'))\n",
            id="a method",
        ),
        pytest.param(
            "class A:\n    def __init__(self, x: Shop): self.x = x\n    def use(self): return self.x.titel\n"
            "def run(): A(Shop('x'))\n",
            id="kept",
        ),
        pytest.param("def use(x: Shop):\n    if isinstance(x, Shop): x.titel\n", id="tested"),
        pytest.param("def use(x: Shop): x = Shop('y'); x.titel\n", id="bound again"),
        pytest.param("def use():\n    x: Shop = find('x')\n    x.titel\n", id="a variable"),
    ],
)
def test_an_annotation_that_is_confirmed(tmp_path: Path, source: str) -> None:
    """By every call there is, by a test, or because it is none of a parameter."""
    assert len(missing(tmp_path, in_shop(source))) == 1
    assert uncertain(tmp_path, in_shop(source)) == []


WEB = """\
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from pydantic import BaseModel


class Item(BaseModel):
    title: str


class Paging:
    def __init__(self, number: int = 1):
        self.number = number


class Session:
    def find(self):
        return 1


def session():
    yield Session()


async def user(request: Request):
    request.headres
    return load(request)


app = FastAPI()
router = APIRouter()


@app.post("/items")
async def post(
    item: Item,
    request: Request,
    paging: Annotated[Paging, Depends()],
    own: Session = Depends(session),
    other: Session = Depends(user),
):
    item.titel, request.headres, paging.nubmer, own.fnid, other.fnid
    plain(item)


@router.websocket("/ws")
async def listen(socket: WebSocket):
    socket.acept


def plain(item: Item, session: Session):
    item.titel


def load(request):
    return request


app.include_router(router)
"""


def test_what_fastapi_checks(tmp_path: Path) -> None:
    """Bodies and its own objects, and what dependencies are seen to give; not what anything else gives."""
    pytest.importorskip("fastapi")
    found = missing(tmp_path, WEB)
    assert {"item.titel", "request.headres", "paging.nubmer", "own.fnid", "other.fnid"} <= {*found}
    assert uncertain(tmp_path, WEB) == ["other.fnid"]
