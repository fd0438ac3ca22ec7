"""The standard library as the inspector needs it, whatever modules of the application have the same names."""

import os
import sys

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from types import ModuleType
    from typing import Any

    from .project import Project


class Unshadowed:
    """While it is entered, the standard library's modules are found although the application hides them.

    The inspector needs them to say what went wrong; the application gets its own view back unchanged. A
    package whose import failed for what hides another one leaves its submodules behind, with which a second
    import of it cannot succeed: those are out of the way, too.
    Nothing happens where the application hides none of them and leaves ``sys.path`` complete.
    """

    def __init__(self, project: "Project") -> None:
        self.project = project
        self.standard_path = [entry for entry in sys.path if not self._owns_directory(entry)]
        self.depth = 0
        self.active = False
        self.names: set[str] = set()
        self.path: Any = None
        self.local: dict[str, ModuleType] = {}
        self.standard: dict[str, ModuleType] = {}
        self.kept: set[str] = set()

    def __enter__(self) -> None:
        self.depth += 1
        if self.depth > 1:
            return
        path: object = sys.path  # whatever the application has put there
        entries = path if isinstance(path, (list, tuple)) else ()
        own = [entry for entry in entries if self._owns_directory(entry)]
        self.names = {name for entry in own for name in self._standard_names_in(entry)}
        self.path = sys.path
        # the application may have emptied its path, too
        self.active = bool(self.names) or any(entry not in entries for entry in self.standard_path)
        if self.active:
            sys.path = self.standard_path[:]
            self.local = self._take_out(self.names, self.project.owns_loaded)
            left = self._left_behind()
            self.local |= self._take_out(left, _every)
            self.names |= left
            self.kept = set(sys.modules)
            sys.modules.update(self.standard)

    def __exit__(self, *error: object) -> None:
        self.depth -= 1
        if self.active and self.depth == 0:
            sys.path = self.path
            self.standard = self._take_out(self.names, _every, self.kept)
            sys.modules.update(self.local)

    def _owns_directory(self, entry: object) -> bool:
        return isinstance(entry, str) and self.project.owns_file(os.path.join(entry, "x"))

    @staticmethod
    def _left_behind() -> "set[str]":
        """The standard library's packages that are not loaded although modules below them are."""
        below = {name.partition(".")[0] for name in list(sys.modules) if "." in name}
        return {name for name in below & sys.stdlib_module_names if name not in sys.modules}

    @staticmethod
    def _take_out(
        names: "Container[str]", choose: "Callable[[ModuleType], bool]", but: "Container[str]" = ()
    ) -> "dict[str, ModuleType]":
        """Remove the chosen modules of these top-level names from ``sys.modules``, and return them."""
        found = {
            name: module
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] in names and name not in but and choose(module)
        }
        for name in found:
            del sys.modules[name]
        return found

    @staticmethod
    def _standard_names_in(directory: str) -> "set[str]":
        """The standard library's modules that a module or package in ``directory`` hides."""
        try:
            entries = os.listdir(directory or os.curdir)
        except OSError:
            return set()
        files = {entry[:-3] for entry in entries if entry.endswith(".py")}
        candidates = sys.stdlib_module_names.intersection(entries)
        packages = {
            name for name in candidates if os.path.isfile(os.path.join(directory, name, "__init__.py"))
        }
        return packages | (files & sys.stdlib_module_names)


def _every(module: "ModuleType") -> bool:
    return True
