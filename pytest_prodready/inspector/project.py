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
        self._below = os.path.join(self.root, "")
        # each of thousands of files is asked about several times, and a path has many parts
        self._reals: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._places: tuple[list[int], dict[str, str]] = ([], {})

    def owns_file(self, path: str) -> bool:
        """Whether ``path`` is the application's.

        That is: below its root and not in an environment inside of it, or in one of its packages wherever
        that is installed.
        """
        real = self._real(path)
        if self._below_root(real):
            return True
        return any(real.startswith(place + os.sep) for place in self._installed())

    def real(self, path: str) -> str:
        """``path`` without symbolic links."""
        return self._real(path)

    def _real(self, path: str) -> str:
        known = self._reals.get(path)
        if known is not None:
            return known
        directory, name = os.path.split(path)
        if not os.path.isabs(path) or name in ("", os.curdir, os.pardir):  # the directory may be changed
            return os.path.realpath(path)
        if directory not in self._reals:
            self._reals[directory] = os.path.realpath(directory)
        found = os.path.join(self._reals[directory], name)
        self._reals[path] = os.path.realpath(found) if os.path.islink(found) else found
        return self._reals[path]

    def _below_root(self, real: str) -> str:
        """``real`` relative to the root; empty when it is not the application's there."""
        known = self._shown.get(real)
        if known is not None:
            return known
        relative = real[len(self._below) :] if real.startswith(self._below) else ""
        if real == self.root:
            relative = os.curdir
        # an interpreter may be installed inside of the root
        if real.startswith(self.library) or any(part in FOREIGN for part in relative.split(os.sep)):
            relative = ""
        self._shown[real] = relative
        return relative

    def _installed(self) -> dict[str, str]:
        """Directories of the application's loaded packages → what is cut off to show a place in them."""
        loaded = [id(sys.modules.get(name)) for name in self.packages]
        if loaded != self._places[0]:
            found: dict[str, str] = {}
            for name in self.packages:
                file = source_file(sys.modules.get(name))  # each file may be a link on its own
                places = [self._real(place) for place in directories(sys.modules.get(name))]
                if file and places:
                    places = [os.path.dirname(self._real(file))]
                # of a namespace that the root has a part of, the others are libraries
                if not any(map(self._below_root, places)):
                    found.update((place, os.path.dirname(place)) for place in places)
            self._places = loaded, found
        return self._places[1]

    def owns_loaded(self, module: object) -> bool:
        """Whether a module object was loaded from a source file of the application's."""
        file = source_file(module)
        return bool(file) and self.owns_file(file)

    def owns_module(self, name: str) -> bool:
        """Whether the module ``name``, existing or not, would be the application's."""
        return name.partition(".")[0] in self.packages

    def relative(self, path: str) -> str:
        """``path`` as it is shown: relative to the root, or to where the package is installed."""
        real = self._real(path)
        if below := self._below_root(real):
            return below.replace(os.sep, "/")
        for place, base in self._installed().items():
            if real.startswith(place + os.sep):
                return real[len(base) + 1 :].replace(os.sep, "/")
        return path

    def location(self, path: str, line: int | None = None) -> dict[str, object]:
        """A ``Location``."""
        return {"file": self.relative(path), "line": line}

    def modules(self, names: "list[str] | None" = None) -> list[tuple[str, object]]:
        """The application's modules that are loaded now, by name, each with its module object.

        Args:
            names: look at these alone.
        """
        own: list[tuple[str, object]] = []
        for name in sorted(sys.modules if names is None else names):
            expected = name != "__main__" and (self.owns_module(name) or not self.packages)
            module = sys.modules.get(name) if expected else None
            if module is not None and self.owns_loaded(module):
                own.append((name, module))
        return own


def directories(module: object) -> list[str]:
    """The directory of a loaded package, all of a namespace's; none of others. Never calls into it."""
    if file := source_file(module):
        return [os.path.dirname(file)] if os.path.basename(file) == "__init__.py" else []
    try:
        held = dict(vars(module))
    except Exception:  # a proxy in sys.modules may raise anything
        return []
    path = held.get("__path__")
    if held.get("__file__") is not None:  # a compiled package
        return []
    if type(path).__module__.startswith(("importlib", "_frozen_importlib")):
        path = vars(path).get("_path")  # a namespace's own would search again
    return [place for place in path if type(place) is str] if type(path) is list else []


def source_file(module: object) -> str:
    """The ``.py`` file of a module object; empty when there is none. Never calls into the module."""
    try:
        file = vars(module).get("__file__")  # a lazy module's __getattr__ must not run
    except Exception:  # a proxy in sys.modules may raise anything
        return ""
    return file if isinstance(file, str) and file.endswith(".py") else ""
