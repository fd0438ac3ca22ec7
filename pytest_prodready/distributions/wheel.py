"""Whether an installed wheel was built for the target's interpreter and machine."""

from __future__ import annotations

import re
from functools import cache

from packaging import tags

from pytest_prodready.distributions.installed import Installed
from pytest_prodready.facts import Interpreter

_TAG = re.compile(r"^Tag:[ \t]*(\S+)", re.MULTILINE)
_LINUX = re.compile(r"(manylinux|musllinux|linux)(?:\d+|_\d+_\d+)?_(.+)")
_MAC = re.compile(r"(macosx)_\d+_\d+_(.+)")
_FAT = {"universal2", "universal", "intel", "fat", "fat3", "fat64"}


def foreign_tags(one: Installed, interpreter: Interpreter) -> tuple[str, ...]:
    """The tags of its wheel, where the interpreter takes none of them; empty where it does, or says none.

    Compared are the interpreter, its ABI, the operating system and the processor; not the age of the system's
    C library, which a distribution's own build may well get along with.
    """
    found = _TAG.findall(one.text("WHEEL") or "")
    if not found or not interpreter.abi or any(tag.endswith("-none-any") for tag in found):
        return ()
    release = tuple(map(int, re.findall(r"\d+", interpreter.version)[:2]))
    taken = _taken(release, interpreter.abi)
    for text in found:
        try:
            parsed = tags.parse_tag(text)
        except ValueError:
            return ()
        if any((one.interpreter, one.abi, _family(one.platform)) in taken for one in parsed):
            return ()
    return tuple(dict.fromkeys(found))


@cache
def _taken(release: tuple[int, ...], abi: str) -> frozenset[tuple[str, str, str]]:
    """Interpreter, ABI and kind of platform of every tag that the interpreter takes."""
    # the target runs on this machine: only its interpreter is another one
    platforms = list({_family(one): one for one in tags.platform_tags()}.values())
    version = f"cp{release[0]}{release[1]}"
    every = [
        *tags.cpython_tags(release, [abi], platforms),
        *tags.compatible_tags(release, version, platforms),
    ]
    return frozenset((one.interpreter, one.abi, _family(one.platform)) for one in every)


def _family(platform: str) -> str:
    """``manylinux_2_28_x86_64`` → ``linux x86_64``: the kind of platform, without its age."""
    if found := _LINUX.fullmatch(platform):
        kind = "musl" if found[1] == "musllinux" else "linux"
        return f"{kind} {found[2]}"
    if found := _MAC.fullmatch(platform):
        return "macosx" if found[2] in _FAT else f"macosx {found[2]}"
    return platform
