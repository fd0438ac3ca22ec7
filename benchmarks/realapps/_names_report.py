"""Writes benchmarks/names.md from what the runs have kept."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from typing import Any

from _application import HERE, Application
from _names_faults import ATTRIBUTES, LIMITS, LOOKUPS

REPORT = HERE.parent / "names.md"
ARGUED = "<!-- What follows is written by hand. -->"
GATE = "gate"
TITLES = {GATE: "pytest-prodready", "mypy": "mypy", "pyright": "pyright", "ty": "ty"}
HEAD = """# Misspelt names: who sees them

Written by `nox -s realapps`, on {cores} cores ({machine}); the applications are those of
[realapps.md](realapps.md).

## How the places were chosen

A seeded script ([places](realapps/_names_sites.py), [faults](realapps/_names_faults.py)) reads the modules of
the production closure without importing anything, and without asking the gate or any other tool. It takes
names that are asked of a class which a reader of the function knows:

- a local name that is bound once: a parameter annotated with a class of the application (or with that or
  `None`), what a constructor of the application gives, what a function of the application is annotated to
  return, a row of a query (`Model.objects.….get()`, `get_object_or_404(Model)`, `Model.query.….first()`,
  `session.query(Model).….one()`, `session.get(Model, …)`, a related manager), the variable of a loop over
  such a query;
- `self` in a method of a mapped class, for the names that the class or its bases declare;
- a foreign key of such a model; a column of a mapped class that SQLAlchemy is asked for on the class;
- keywords and texts in `filter`, `exclude`, `get`, `create`, `update`, `order_by`, `values`, `values_list`,
  `only`, `defer`, `select_related`, `prefetch_related` and `filter_by` of such queries, and keywords of a
  mapped class' constructor.

Left out are names that the function asks with `isinstance` or `hasattr` or gives attributes with `setattr`,
code in a `try` for AttributeError, lines with a `type: ignore`, classes with a `__getattr__`, enums,
protocols and typed dictionaries, private names, and functions that the start itself runs, because there the
start tells of a fault. Of what is left, each kind gives about as many, one in a function and at most
{in_a_file} in a file: {attributes} attributes and {lookups} lookups, where an application has so many; a
small one gives up to three in a function. In each a letter is dropped, doubled, or changes places with the
next one, so that no such word is anywhere in the application. All are put in at once.

A fault is caught when a tool says at its lines something that it did not say before, and names the misspelt
name. "Blind" are those of the caught where it had complained of the right name at the same place, too:
whoever silenced that line never hears of the fault. The tools judge the files of the closure; each sees the
libraries of the application's own environment:

- mypy with `check_untyped_defs` and `follow_untyped_imports` (without it, a class below one of a library that
  has no types answers for every name), the stubs of the libraries that the application uses (django-stubs,
  djangorestframework-stubs, django-filter-stubs, celery-types, sqlalchemy2-stubs, types-…) and the plugins of
  Django, Django REST framework, pydantic and SQLAlchemy 1.4 (later ones have types of their own, and 2.1 no
  plugin any more), but for a plugin with which mypy ends with an internal error (see [versions](#versions));
- pyright with its standard settings, ty with its defaults, both with the same stubs.

"False" are errors about attributes and keywords on the release as it is, which runs: what the two rules would
be false about, too. "All" are all errors of the tool. The gate's are those of PRD331 and PRD332.
"""


def write(known: Iterable[Application]) -> str:
    """Write the report of all applications that something is known of, and return its path."""
    kept = {one.name: one.results for one in known}
    names = {name: one["names"] for name, one in kept.items()}
    text = HEAD.format(
        cores=os.cpu_count(),
        machine=platform.machine(),
        in_a_file=LIMITS[0][1],
        attributes=ATTRIBUTES,
        lookups=LOOKUPS,
    )
    rows = [*_recall(names), *_kinds(names), *_alarms(names), *_race(kept), *_read(names), *_said(names)]
    rows += [*_missed(names), *_versions(names)]
    text += "".join(f"{row}\n" for row in rows)
    argued = ""
    if REPORT.is_file():
        _, mark, argued = REPORT.read_text(encoding="utf-8").partition(ARGUED)
        argued = mark + argued
    REPORT.write_text(text + (f"\n{argued}" if argued else ""), encoding="utf-8")
    return str(REPORT)


def _recall(names: dict[str, dict[str, Any]]) -> Iterator[str]:
    heads = " | ".join(f"{title} | blind" for title in TITLES.values())
    yield from ("", "## Caught", "", f"| application | faults | {heads} |")
    yield f"|---|--:|{'--:|' * 2 * len(TITLES)}"
    for name, one in names.items():
        seen = (f"{hits} | {blind}" for hits, blind in _hits([one]))
        yield f"| {name} | {len(one['faults'])} | {' | '.join(seen)} |"
    every = sum(len(one["faults"]) for one in names.values())
    shares = (f"**{hits / every:.1%}** | {blind / every:.1%}" for hits, blind in _hits(list(names.values())))
    yield f"| **all** | {every} | {' | '.join(shares)} |"


def _hits(found: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """For each tool, how many it caught, and how many of these blindly."""
    for tool in TITLES:
        seen = [(one["tools"][tool]["caught"], one["tools"][tool]["blind"]) for one in found]
        both = sum(hit and blind for hits, blinds in seen for hit, blind in zip(hits, blinds, strict=True))
        yield sum(sum(hits) for hits, _ in seen), both


def _kinds(names: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield from ("", f"| kind | faults | {' | '.join(TITLES.values())} |")
    yield f"|---|--:|{'--:|' * len(TITLES)}"
    for kind in sorted({fault["kind"] for one in names.values() for fault in one["faults"]}):
        seen = {
            tool: [
                hit
                for one in names.values()
                for fault, hit in zip(one["faults"], one["tools"][tool]["caught"], strict=True)
                if fault["kind"] == kind
            ]
            for tool in TITLES
        }
        yield f"| {kind} | {len(seen[GATE])} | {' | '.join(str(sum(hits)) for hits in seen.values())} |"


def _alarms(names: dict[str, dict[str, Any]]) -> Iterator[str]:
    heads = " | ".join(f"{title}: false | all" for title in TITLES.values())
    yield from ("", "## Said of the releases as they are", "", f"| application | {heads} |")
    yield f"|---|{'--:|' * 2 * len(TITLES)}"
    for name, one in names.items():
        told = (f"{one['tools'][tool]['comparable']} | {one['tools'][tool]['total']}" for tool in TITLES)
        yield f"| {name} | {' | '.join(told)} |"
    sums = (
        str(sum(one["tools"][tool][kind] for one in names.values()))
        for tool in TITLES
        for kind in ("comparable", "total")
    )
    yield f"| **all** | {' | '.join(sums)} |"


def _race(kept: dict[str, dict[str, Any]]) -> Iterator[str]:
    raced = {name: one["names_race"] for name, one in kept.items() if "names_race" in one}
    for name, one in raced.items():
        yield from ("", "## Time", "")
        modules = kept[name]["names"]["modules"]
        yield (
            f"On {name}, the largest closure ({modules} modules), from pytest's start to "
            f"its end, the application's own start included: {one['gate']:.1f} s. mypy without a cache: "
            f"{one['mypy']:.1f} s. Medians of runs in alternation; the ratio is "
            f"{one['gate'] / one['mypy']:.2f}."
        )


def _read(names: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield from ("", "## What the two rules judged", "")
    yield "| application | modules read | reads | judged | silent | lookups judged | errors | warnings |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for name, one in names.items():
        asked = {"modules": 0, "reads": 0, "judged": 0, "lookups": 0, **one["asked"]}
        levels = [finding["level"] for finding in one["healthy"]]
        yield (
            f"| {name} | {asked['modules']} | {asked['reads']} | {asked['judged']} "
            f"| {asked['reads'] - asked['judged']} | {asked['lookups']} "
            f"| {levels.count('error')} | {levels.count('warning')} |"
        )


def _said(names: dict[str, dict[str, Any]]) -> Iterator[str]:
    found = [(name, finding) for name, one in names.items() for finding in one["healthy"]]
    if found:
        yield from ("", "What the errors and warnings are:", "")
    for name, finding in found:
        at = finding["location"] or {"file": "", "line": ""}
        place = f"{at['file']}:{at['line']}"
        yield f"- {name}: {finding['code']} {finding['level']}: {finding['message']} ({place})"


def _missed(names: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield from ("", "## Missed by the gate", "")
    for name, one in names.items():
        for number, fault in enumerate(one["faults"]):
            if not one["tools"][GATE]["caught"][number]:
                others = [tool for tool in TITLES if one["tools"][tool]["caught"][number]]
                seen = f"; {', '.join(others)} saw it" if others else ""
                place = f"{fault['file']}:{fault['line']}"
                yield f"- {name}: {fault['kind']}: {fault['wrong']} for {fault['name']} ({place}){seen}"


def _versions(names: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield from ("", "## Versions", "")
    for name, one in names.items():
        without = "".join(
            f"; mypy crashes with the plugin of {library}" for library in one.get("without", ())
        )
        yield f"- {name}: {one['versions']}{without}"
