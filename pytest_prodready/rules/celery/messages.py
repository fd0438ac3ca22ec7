"""Which messages that one signature took another refuses, or reads differently.

A message carries values by position and values by name. The worker calls the task with them as they are, so
what counts is at which position, and under which name, a value arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pytest_prodready.facts import Parameter
from pytest_prodready.wording import joined

BY_POSITION = ("positional-only", "positional")
BY_NAME = ("positional", "keyword-only")


@dataclass(frozen=True)
class Break:
    """One way in which messages break; both texts are parts of a sentence."""

    message: str
    """What follows the task's name: ``requires tenant now: messages without it are refused``."""
    remedy: str
    certain: bool = True
    """``False``: only messages that may never have been sent break, such as those with further arguments."""


class _Takes:
    """A signature, as a message meets it."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        every = list(parameters)
        self.named = {one.name: one for one in every if one.kind not in ("*args", "**kwargs")}
        self.places = [one.name for one in self.named.values() if one.kind in BY_POSITION]
        self.more_values = any(one.kind == "*args" for one in every)
        self.more_names = any(one.kind == "**kwargs" for one in every)

    def place(self, name: str) -> int | None:
        return self.places.index(name) if name in self.places else None

    def at(self, place: int) -> Parameter | None:
        return self.named[self.places[place]] if place < len(self.places) else None


def breaks(before: Iterable[Parameter], now: Iterable[Parameter]) -> Iterator[Break]:
    """What messages made for the parameters ``before`` meet at a task that takes those of ``now``.

    Nothing is said about a value that arrives under a new name at its old position, or that ``*args`` and
    ``**kwargs`` take.
    """
    old, new = _Takes(before), _Takes(now)
    renamed = dict(_renamed(old, new))
    for name, known in old.named.items():
        found = new.named.get(name)
        if found is None:
            if name in renamed:
                yield from _other_name(known, renamed[name], new)
            else:
                yield from _gone(known, old, new)
        else:
            yield from _kept(known, found, old, new)
    inserted = _inserted(old, new, renamed)
    yield from _order(old, new, inserted)
    for name, found in new.named.items():
        first = next((one for one, other in renamed.items() if other.name == name), "")
        said = name in inserted or (bool(first) and old.named[first].required)
        if found.required and name not in old.named and not said:
            yield _required(found, old, new)
    for had, has, what in (
        (old.more_values, new.more_values, "further values by position (*args)"),
        (old.more_names, new.more_names, "further values by name (**kwargs)"),
    ):
        if had and not has:
            yield Break(
                f"takes no {what} any more: messages that pass some are refused",
                "Keep it for one release, unless no caller passes any.",
                certain=False,
            )


def _renamed(old: _Takes, new: _Takes) -> Iterator[tuple[str, Parameter]]:
    """(old name, new parameter) where a new name stands at the place of one that is gone."""
    for place, name in enumerate(old.places):
        found = new.at(place)
        if name not in new.named and found is not None and found.name not in old.named:
            yield name, found


def _other_name(known: Parameter, found: Parameter, new: _Takes) -> Iterator[Break]:
    if known.kind in BY_NAME and (found.required or not new.more_names):
        yield Break(
            f"calls {known.name} {found.name} now: messages that pass {known.name} by name are refused",
            f"Keep the name {known.name} for one release.",
        )
    elif known.kind == "positional-only" and not known.required and found.required:
        yield Break(*_default_missing(found.name))


def _gone(known: Parameter, old: _Takes, new: _Takes) -> Iterator[Break]:
    place = old.place(known.name)
    taken = place is None or new.at(place) is not None or new.more_values
    shifted = place is not None and new.at(place) is not None
    if not taken or shifted or (known.kind in BY_NAME and not new.more_names):
        meets = "every message of the last release passes it"
        if not known.required:
            meets = "messages that pass it are refused"
        yield Break(
            f"takes no {known.name} any more: {meets}",
            f"Keep it for one release, unused, where it stood: {_with_default(known)}.",
        )


def _kept(known: Parameter, found: Parameter, old: _Takes, new: _Takes) -> Iterator[Break]:
    if found.required and not known.required:
        yield Break(*_default_missing(known.name))
    if known.kind in BY_POSITION and found.kind not in BY_POSITION:
        place = old.places.index(known.name)
        lost = "arrives elsewhere" if new.at(place) is not None or new.more_values else "is refused"
        yield Break(
            f"takes {known.name} only by name now: a value that a message passes by position {lost}",
            f"Put {known.name} before the * again for one release.",
        )
    if known.kind in BY_NAME and found.kind not in BY_NAME:
        yield Break(
            f"takes {known.name} only by position now: messages that pass it by name are refused",
            f"Put {known.name} behind the / again for one release.",
        )


def _moved(old: _Takes, new: _Takes) -> list[str]:
    return [name for name in old.places if name in new.places and old.place(name) != new.place(name)]


def _inserted(old: _Takes, new: _Takes, renamed: dict[str, Parameter]) -> list[str]:
    """New parameters that stand before old ones, which are otherwise in the old order."""
    moved = _moved(old, new)
    common = [name for name in old.places if name in new.places]
    if not moved or [name for name in new.places if name in common] != common:
        return []
    instead = {one.name for one in renamed.values()}
    last = max(new.places.index(name) for name in moved)
    return [name for name in new.places[:last] if name not in old.places and name not in instead]


def _order(old: _Takes, new: _Takes, inserted: list[str]) -> Iterator[Break]:
    """The same parameters at other positions; one finding for all of them."""
    common = [name for name in old.places if name in new.places]
    if inserted:
        after = next(
            name for name in _moved(old, new) if new.places.index(name) > new.places.index(inserted[0])
        )
        them = "it" if len(inserted) == 1 else "them"
        lacking = [name for name in inserted if new.named[name].required and name not in old.named]
        message = f"has {joined(inserted)} before {after} now: what messages pass by position as {after} "
        message += f"is taken for {inserted[0]}"
        if lacking:
            message += f", and those that lack {joined(lacking)} are refused"
        shown = [new.named[name] for name in common]
        signature = ", ".join([*map(_written, shown), *(f"{name}=None" for name in inserted)])
        yield Break(message, f"Put {them} behind the others, with a default: ({signature}).")
    elif [name for name in new.places if name in common] != common:
        first = next(name for name in common if old.place(name) != new.place(name))
        lands = new.at(old.places.index(first))
        taken = f"taken for {lands.name}" if lands is not None else "lost"
        yield Break(
            f"has its parameters in another order: what messages pass by position as {first} is {taken}",
            f"Put them into the old order again: {', '.join(common)}.",
        )


def _required(found: Parameter, old: _Takes, new: _Takes) -> Break:
    place = new.place(found.name)
    carried = (found.kind in BY_NAME and old.more_names) or (
        place is not None and place >= len(old.places) and old.more_values
    )
    message, remedy = _default_missing(found.name)
    if carried:
        message = f"requires {found.name} now: messages whose further arguments lack it are refused"
    return Break(message, remedy, certain=not carried)


def _default_missing(name: str) -> tuple[str, str]:
    return (
        f"requires {name} now: messages of the last release that lack it are refused",
        f"Give it a default for one release: {name}=None.",
    )


def _written(parameter: Parameter) -> str:
    return parameter.name if parameter.required else f"{parameter.name}=…"


def _with_default(known: Parameter) -> str:
    return known.name if known.required else f"{known.name}=None"
