"""The family of the linters' rules, and the files that they were asked about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_prodready.facts import Facts, LintedFile
from pytest_prodready.registry import Family, Subject
from pytest_prodready.rules.imports import module

family = Family("linters")
REDEFINED = "F811"


@family.kind("source file", "source files", needs={*module.needs, "linters"})
def source_file(facts: Facts) -> Iterator[Subject[LintedFile]]:
    """Each source file of the production closure; none where the linter could not be asked."""
    if facts.linting is None:
        return
    told = _told_already(facts)
    for one in facts.linting.files:
        if one.unread:
            yield Subject(one.file, one, skipped=f"{facts.linting.linter} cannot read it: {one.unread}")
            continue
        remarks = tuple(
            remark
            for remark in one.remarks
            if remark.code != REDEFINED or (one.file, remark.line) not in told
        )
        yield Subject(one.file, replace(one, remarks=remarks))
    for entry in facts.entries:
        if entry.failure is not None and not facts.linting.files:
            yield Subject("sources", LintedFile(""), skipped=f"{entry.entry.target} does not load")
            return


def _told_already(facts: Facts) -> set[tuple[str, int | None]]:
    """The lines of the definitions that PRD112 tells of: it knows what runs between the two."""
    return {
        (replaced.second.file, replaced.second.line)
        for entry in facts.entries
        for seen in entry.modules
        for replaced in seen.replaced
    }
