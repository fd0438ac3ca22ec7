"""One declared requirement: PEP 508 text → :class:`~pytest_prodready.facts.Requirement`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from urllib.parse import unquote

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from pytest_prodready.facts import Location, Requirement
from pytest_prodready.redaction import BLANK, Redactor

_LOGIN = re.compile(r"(://)[^\s/@]*@")
_QUERY = re.compile(r"(://[^\s?#]*)[?#]\S*")
_DEVELOPMENT = frozenset(
    """
    bench benchmark benchmarking benchmarks black ci cov coverage dev devel develop developer developers
    development doc docs documentation flake8 hypothesis lint linter linters linting mkdocs mypy nox precommit
    pylint pyright pytest qa ruff sphinx test tester testing tests tox typecheck typechecking typing
    """.split()  # noqa: SIM905  # a list of words reads best as words
)
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


def requirement(
    text: str,
    location: Location,
    markers: Mapping[str, str],
    *,
    constraint: bool = False,
    extras: Iterable[str] = (),
) -> Requirement:
    """Read one PEP 508 requirement; one that cannot be read says so in its ``problem``.

    Args:
        text: ``celery[redis]>=5.3 ; python_version < "3.13"``, ``name @ https://…``.
        location: where it is declared.
        markers: the environment in which the marker is evaluated.
        constraint: it stands in a constraints file.
        extras: the extras of the declaring distribution that are asked for, for markers with ``extra``.

    """
    try:
        parsed = Parsed(text)
    except InvalidRequirement as error:
        # the first line says what was expected; the others repeat the text, secrets included
        reason = shown(str(error).partition("\n")[0]) or "not a requirement"
        return Requirement(shown(text), "", "", location, constraint=constraint, problem=reason)
    return Requirement(
        text=shown(text),
        name=canonicalize_name(parsed.name),
        specifier="" if parsed.url else str(parsed.specifier),
        location=location,
        extras=tuple(sorted(canonicalize_name(extra) for extra in parsed.extras)),
        applies=any(holds(parsed.marker, markers, extra) for extra in ("", *extras)),
        constraint=constraint,
    )


def holds(marker: Marker | None, markers: Mapping[str, str], extra: str = "") -> bool:
    """Whether ``marker`` holds in the environment ``markers``; one that cannot be evaluated does."""
    if marker is None:
        return True
    try:
        return marker.evaluate({**markers, "extra": extra})
    except Exception:
        # a comparison that is not defined for these values: nothing is proven, so nothing is left out
        return True


def shown(text: str) -> str:
    """``text`` without what a URL in it may keep secret: login, query and fragment."""
    return Redactor({}).blank(_QUERY.sub(r"\1", _LOGIN.sub(rf"\1{BLANK}@", text))).strip()


@cache
def for_development(extra: str) -> bool:
    """Whether the extra's name says plainly, by one of its words, that production does not install it."""
    name = canonicalize_name(extra)
    return not _DEVELOPMENT.isdisjoint((*name.split("-"), name.replace("-", "")))


def is_path(text: str) -> bool:
    """Whether pip would take ``text`` for a file or directory rather than for a name."""
    bare = text.partition("[")[0].partition("@")[0]
    return text.startswith((".", "/", "~")) or "/" in bare or "\\" in bare or bare.lower().endswith(_ARCHIVES)


def archive_name(path: str) -> str:
    """The distribution that an archive's file name says; empty when it is none."""
    name = unquote(path.replace("\\", "/").rpartition("/")[2])
    try:
        return parse_wheel_filename(name)[0] if name.endswith(".whl") else parse_sdist_filename(name)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""
