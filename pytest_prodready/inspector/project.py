"""Which files and modules belong to the application, and how its places are written."""

import os
import sys

FOREIGN = (
    "site-packages",
    "dist-packages",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    "node_modules",
    "__pypackages__",
)


class Project:
    """The application under inspection.

    Args:
        root: its directory, absolute.
        packages: top-level names of its modules and packages.
        hidden: top-level module → the installed distribution that is invisible here.
    """

    def __init__(
        self, root: str, packages: tuple[str, ...] = (), hidden: dict[str, str] | None = None
    ) -> None:
        self.root = os.path.realpath(root)
        self.library = os.path.join(os.path.dirname(os.path.realpath(os.__file__)), "")
        self.packages = tuple(packages)
        self.hidden = dict(hidden or {})

    def owns_file(self, path: str) -> bool:
        """Whether ``path`` is the application's.

        That is: below its root and not in an environment inside of it, or in one of its packages wherever
        that is installed.
        """
        real = os.path.realpath(path)
        return self._below_root(real) or any(real.startswith(place + os.sep) for place in self._installed())

    def _below_root(self, real: str) -> bool:
        relative = os.path.relpath(real, self.root)
        parts = relative.split(os.sep)
        below = parts[0] != os.pardir and not os.path.isabs(relative)
        # an interpreter may be installed inside of the root
        return below and not real.startswith(self.library) and not any(part in FOREIGN for part in parts)

    def _installed(self) -> dict[str, str]:
        """Directories of the application's loaded packages → what is cut off to show a place in them."""
        found = {}
        for name in self.packages:
            file = source_file(sys.modules.get(name))
            if os.path.basename(file) == "__init__.py":
                place = os.path.dirname(os.path.realpath(file))
                found[place] = os.path.dirname(place)
        return found

    def owns_loaded(self, module: object) -> bool:
        """Whether a module object was loaded from a source file of the application's."""
        file = source_file(module)
        return bool(file) and self.owns_file(file)

    def owns_module(self, name: str) -> bool:
        """Whether the module ``name``, existing or not, would be the application's."""
        return name.partition(".")[0] in self.packages

    def relative(self, path: str) -> str:
        """``path`` as it is shown: relative to the root, or to where the package is installed."""
        real = os.path.realpath(path)
        if self._below_root(real):
            return os.path.relpath(real, self.root).replace(os.sep, "/")
        for place, base in self._installed().items():
            if real.startswith(place + os.sep):
                return os.path.relpath(real, base).replace(os.sep, "/")
        return path

    def location(self, path: str, line: int | None = None) -> dict[str, object]:
        """A ``Location``."""
        return {"file": self.relative(path), "line": line}

    def modules(self) -> list[tuple[str, object]]:
        """The application's modules that are loaded now, by name, each with its module object."""
        own: list[tuple[str, object]] = []
        for name, module in sorted(sys.modules.items()):
            expected = name != "__main__" and (self.owns_module(name) or not self.packages)
            if expected and self.owns_loaded(module):
                own.append((name, module))
        return own


def source_file(module: object) -> str:
    """The ``.py`` file of a module object; empty when there is none. Never calls into the module."""
    try:
        file = vars(module).get("__file__")  # a lazy module's __getattr__ must not run
    except Exception:  # a proxy in sys.modules may raise anything
        return ""
    return file if isinstance(file, str) and file.endswith(".py") else ""
