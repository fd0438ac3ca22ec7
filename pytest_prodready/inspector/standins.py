"""What stands in for something that could not be had, so that the code behind it runs on."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from types import FunctionType, ModuleType
from typing import Any


class StandInBase:
    """The base class of whatever is derived from a stand-in."""

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__()

    def __init__(self, *arguments: object, **keywords: object) -> None:
        """Take whatever the missing class took."""

    def __getattr__(self, name: str) -> StandIn:
        return _public(name)


class StandIn:
    """Can be called, subscripted, entered, compared, awaited, derived from; used as a decorator it is none.

    Names that begin with an underscore it does not have: libraries ask by them what an object can do.
    """

    def __getattr__(self, name: str) -> StandIn:
        return _public(name)

    def __setattr__(self, name: str, value: object) -> None:
        pass

    def __call__(self, *arguments: Any, **keywords: object) -> Any:
        """The decorated function or class where it is used as a decorator, else itself."""
        if len(arguments) == 1 and not keywords and isinstance(arguments[0], (FunctionType, type)):
            return arguments[0]
        return self

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        # a class of its own each time: one class may name several of them
        return (type("StandInBase", (StandInBase,), {}),)

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __subclasscheck__(self, cls: type) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass

    def __await__(self) -> Generator[Any, Any, StandIn]:
        yield from ()
        return self

    def __aiter__(self) -> StandIn:
        return self

    async def __anext__(self) -> StandIn:
        raise StopAsyncIteration

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __contains__(self, item: object) -> bool:
        return False

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return 0

    def __int__(self) -> int:
        return 0

    def __float__(self) -> float:
        return 0.0

    def __index__(self) -> int:
        return 0

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __delitem__(self, key: object) -> None:
        pass

    def _same(self, *other: object) -> StandIn:
        return self

    def _no(self, other: object) -> bool:
        return False

    __getitem__ = __neg__ = __pos__ = __invert__ = __abs__ = _same
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = _same
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = (
        _same
    )
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _same
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = _no


class PartialModule(ModuleType):
    """A module as the one statement gets it that asked for more than there is: the rest are stand-ins."""

    def __init__(self, name: str, real: ModuleType | None) -> None:
        super().__init__(name)
        vars(self)["_real"] = real

    def __getattr__(self, name: str) -> object:
        if name == "__all__":
            return []
        if self._real is not None:
            try:
                return getattr(self._real, name)
            except AttributeError:
                pass
        return _public(name)


def stands_in(value: object) -> bool:
    """Whether ``value`` is a stand-in, or was made from one."""
    kind = type(value)
    if kind in (StandIn, PartialModule) or StandInBase in kind.__mro__:
        return True
    return type in kind.__mro__ and StandInBase in type.__dict__["__mro__"].__get__(value)


def _public(name: str) -> StandIn:
    if name.startswith("_"):
        raise AttributeError(name)
    return StandIn()
