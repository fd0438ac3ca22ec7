"""What an import changes in its process: the output, ``sys.path``, the working directory, the memory.

Looked at around every import, so that the change is put down to the module whose body made it. Loaded before
the application, so it needs nothing that an interpreter does not load by itself.
"""

import os
import sys

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MUCH = 1 << 30
"""Bytes by which the import of one of the application's modules may let the process grow unmentioned."""
DESCRIPTORS = {1: "descriptor 1", 2: "descriptor 2"}
STATM = "/proc/self/statm"


class ProcessState:
    """Compares the process with how it was.

    Args:
        packages: the application's top-level modules, whose memory is watched.
        tell: called with the kind of effect, its detail, and the module that was being imported.
    """

    def __init__(self, packages: "tuple[str, ...]", tell: "Callable[[str, str, str], None]") -> None:
        self.tell = tell
        self.importing: list[str] = []
        """The modules whose import has begun in the main thread, outermost first."""
        self.memory = _Memory(frozenset(packages))
        self.begin()

    def begin(self) -> None:
        """Remember how it is now."""
        self.importing.clear()
        self.directory = _directory()
        self.stdout, self.stderr = _output("stdout"), _output("stderr")
        self.descriptors = {number: _identity(number) for number in DESCRIPTORS}
        self.path: Any = sys.path
        self.entries = _entries(sys.path)

    def begins(self, name: str) -> None:
        """An import begins."""
        self._look()
        self.importing.append(name)
        self.memory.begins(name)

    def ended(self, name: str) -> None:
        """An import has ended, in whatever way."""
        self._look()
        grown = self.memory.ended(name)
        if grown:
            self.tell("memory", grown, name)
        while self.importing and self.importing.pop() != name:
            pass  # at the recursion limit some could not say that they ended

    def end(self) -> None:
        """Compare what is compared only once."""
        self._look()
        now = _directory()
        if now != self.directory:
            self.tell("directory", now, "")
        for number, name in DESCRIPTORS.items():
            if _identity(number) != self.descriptors[number]:
                self.tell("output", name, "")
        self.begin()

    def _look(self) -> None:
        path = sys.path if hasattr(sys, "path") else None
        if path is not self.path or path != self.entries:
            self._path_changed(path)
        if _output("stdout") is not self.stdout:
            self.stdout = _output("stdout")
            self.tell("output", "sys.stdout", self.innermost())
        if _output("stderr") is not self.stderr:
            self.stderr = _output("stderr")
            self.tell("output", "sys.stderr", self.innermost())

    def _path_changed(self, path: object) -> None:
        now, before = _entries(path), self.entries
        self.path, self.entries = path, now
        for sign, these, those in (("-", before, now), ("+", now, before)):
            for entry in these:
                if entry not in those:
                    self.tell(
                        "path", sign + (entry if isinstance(entry, str) else repr(entry)), self.innermost()
                    )

    def innermost(self) -> str:
        """The module whose body runs in the main thread; empty when none does."""
        return self.importing[-1] if self.importing else ""


class _Memory:
    """What the bodies of the application's modules, with what they import, add to the process."""

    def __init__(self, packages: "frozenset[str]") -> None:
        self.packages = packages
        self.page = os.sysconf("SC_PAGE_SIZE")
        self.growth: list[list[Any]] = []
        """[module, resident, virtual] of the application's modules in progress, outermost first."""
        self.last = (0, 0)
        self.descriptor = _open_high(STATM)

    def begins(self, name: str) -> None:
        if self.descriptor is not None and name.partition(".")[0] in self.packages:
            self._charge()
            self.growth.append([name, 0, 0])

    def ended(self, name: str) -> str:
        """How much the module took, in words; empty when it is not much."""
        if not self.growth or name.partition(".")[0] not in self.packages:
            return ""
        self._charge()
        while self.growth:
            module, resident, virtual = self.growth.pop()
            if module == name:
                for size, what in ((resident, "resident"), (virtual, "virtual")):
                    if size >= MUCH:
                        return f"{size / (1 << 30):.1f} GiB {what}"
                break
        return ""

    def _charge(self) -> None:
        """Put what has been added since the last look down to the innermost module in progress."""
        if self.descriptor is None:
            return
        try:
            fields = os.pread(self.descriptor, 64, 0).split()
            now = (int(fields[1]) * self.page, int(fields[0]) * self.page)
        except (OSError, ValueError, IndexError):  # the application has closed the descriptor
            self.descriptor = None
            self.growth.clear()
            return
        if self.growth:
            innermost = self.growth[-1]
            innermost[1] += now[0] - self.last[0]
            innermost[2] += now[1] - self.last[1]
        self.last = now


def _open_high(path: str) -> "int | None":
    """A descriptor for reading ``path``, out of the way of those that the application gets."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        os.dup2(descriptor, 901, inheritable=False)
    except OSError:
        return descriptor
    os.close(descriptor)
    return 901


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it has been removed
        return ""


def _identity(descriptor: int) -> "tuple[int, int] | None":
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _output(name: str) -> object:
    return getattr(sys, name, None)


def _entries(path: object) -> "list[Any]":
    try:
        return list(path)  # type: ignore[call-overload,no-any-return]  # whatever the application put there
    except TypeError:
        return []
