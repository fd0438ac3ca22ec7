"""Faults in what the worker loads its tasks by."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterable, Iterator

from _celery_source import Span, TaskSource
from _faults import Kind, misspelling
from _sites import Module, Statement
from _sketches import ALL, APPENDED, Making, Place, Sketch, Way

DROPPED_MODULE = Kind(
    "module of tasks renamed or dropped", ("PRD201", "PRD202", "PRD203", "PRD206"), 2, alone=True
)
MISSPELT_ENTRY = Kind("entry of discovery misspelt", ("PRD201", "PRD202"), 2, alone=True)
PACKAGE_RAISES = Kind("package of a task module raises", ("PRD201", "PRD202"), 1, stops=True)
MODULE_RAISES = Kind("task module does not import", ("PRD201", "PRD202"), 2, stops=True)


class DiscoveryFaults(Making):
    """Those of one application."""

    @property
    def ways(self) -> list[Way]:
        """Each kind of them, and how they are made."""
        return [
            (DROPPED_MODULE, self._dropped_module),
            (MISSPELT_ENTRY, self._misspelt_entry),
            (PACKAGE_RAISES, self._package_raises),
            (MODULE_RAISES, self._module_raises),
        ]

    def _named(self, dice: random.Random) -> Iterator[tuple[Module, ast.Constant, list[TaskSource]]]:
        """Texts in lists that name a module or package of tasks, with the tasks in it."""
        for module in dice.sample(list(self.app.modules.values()), len(self.app.modules)):
            for node in ast.walk(module.tree):
                if not isinstance(node, (ast.List, ast.Tuple)):
                    continue
                for one in node.elts:
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and "." in one.value:
                        names = (one.value, f"{one.value}.tasks")
                        tasks = [task for task in self.app.tasks if task.module.name in names]
                        if tasks:
                            yield module, one, tasks

    def _dropped_module(self, dice: random.Random) -> Iterator[Sketch]:
        """A module's entry in a list is gone, or the module has another name."""
        for module, node, tasks in self._named(dice):
            every = self.app.modules.values()
            if any(next(_importers(every, task.module.name), None) for task in tasks):
                continue
            span = _constant(module, node, "celery.signals")
            places = tuple(place for task in tasks for place in task.lines)
            what = f"{node.value!r} is no longer listed in {module.file}"
            brings = tuple(self._beside(tasks))
            # without some, such as the one of the user model, nothing starts: that is another fault
            yield Sketch(DROPPED_MODULE, what, places, (span,), starts=True, about=ALL, brings=brings)
            break
        names = sorted(
            {task.module.name for task in self.app.tasks if not task.module.file.endswith("__init__.py")}
        )
        for name in dice.sample(names, len(names)):
            module = self.app.modules[name]
            new = module.file.removesuffix(".py") + "_old.py"
            tasks = [task for task in self.app.tasks if task.module is module]
            seen = [*_importers(self.app.modules.values(), name)]
            seen += [place for task in tasks for place in self._mentions(task.name)]
            listed = self._named(random.Random(name))
            seen += [(one.file, node.lineno) for one, node, named in listed if named[0].module is module]
            places = (*((new, line) for task in tasks for _, line in task.lines), *seen)
            what = f"{module.file} is {new}"
            yield Sketch(
                DROPPED_MODULE,
                what,
                places,
                whole={module.file: None, new: module.text},
                about=ALL,
                brings=tuple(place for task in tasks for place in self._sent(task)),
            )

    def _beside(self, tasks: list[TaskSource]) -> Iterator[Place]:
        """The tasks of the same package: what their modules are loaded by may be what is lost."""
        packages = {task.module.name.rpartition(".")[0] for task in tasks}
        for other in self.app.tasks:
            if other not in tasks and other.module.name.rpartition(".")[0] in packages:
                yield from other.lines

    def _misspelt_entry(self, dice: random.Random) -> Iterator[Sketch]:
        for module, node, tasks in self._named(dice):
            wrong = misspelling(str(node.value), dice)
            span = _constant(module, node, wrong)
            brings = tuple(place for task in tasks for place in (*task.lines, *self._sent(task)))
            yield Sketch(
                MISSPELT_ENTRY,
                f"{wrong} instead of {node.value!r}",
                ((module.file, node.lineno),),
                (span,),
                about=ALL,
                brings=brings,
            )

    def _package_raises(self, dice: random.Random) -> Iterator[Sketch]:
        packages = {task.module.package for task in self.app.tasks} & self.app.modules.keys()
        for name in dice.sample(sorted(packages), len(packages)):
            file = self.app.modules[name].file
            if "." in name and file.endswith("__init__.py"):
                line = 'raise RuntimeError("not configured")'
                yield Sketch(
                    PACKAGE_RAISES,
                    f"{file} raises",
                    ((file, APPENDED),),
                    lines=((file, line),),
                    about=frozenset({name}),
                )

    def _module_raises(self, dice: random.Random) -> Iterator[Sketch]:
        names = sorted({task.module.name for task in self.app.tasks})
        for name in dice.sample(names, len(names)):
            line = f"from collections import {misspelling('OrderedDict', dice)}"
            file = self.app.modules[name].file
            yield Sketch(
                MODULE_RAISES,
                f"{line} in {file}",
                ((file, APPENDED),),
                lines=((file, line),),
                about=frozenset({name}),
            )


def _constant(module: Module, node: ast.Constant, text: str) -> Span:
    """Another text in the place of one."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Span(
        module.file, (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset), repr(text)
    )


def _importers(modules: Iterable[Module], name: str) -> Iterator[Place]:
    """The statements that import a module."""
    parent, _, last = name.rpartition(".")
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for base, alias in module.names(Statement(node, "")):
                    if base == name or (base, alias.name) == (parent, last):
                        yield module.file, node.lineno
