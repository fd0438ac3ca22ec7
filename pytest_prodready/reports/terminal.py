"""What a person reads in the terminal: the findings of one subject, and the verdict of the run."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Fault, Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Rule

ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}


@dataclass(frozen=True, slots=True)
class Judged:
    """One subject of the run with its judgement; ``family`` and ``plural`` say what it is."""

    family: str
    plural: str
    subject: str
    judgement: Judgement


def judgement(subject: str, judged: Judgement) -> str:
    """The findings of one subject as the failure of its item."""
    if judged.findings:
        blocks = [finding(found) for found in sorted(judged.findings, key=lambda found: ORDER[found.level])]
        if judged.outcome is Outcome.ERRORED:
            blocks.append(f"{subject} could not be judged further: {judged.reason}")
        return "\n\n".join(blocks)
    if judged.outcome is Outcome.FAILED:
        return f"{subject} was not checked, which --prodready-strict takes for a failure: {judged.reason}"
    return f"{subject} could not be judged: {judged.reason}"


def finding(found: Finding) -> str:
    """One finding: what is wrong, where, how it was proven, what to write instead."""
    return block(f"{found.code} {found.level.value}: {found.message}", found)


def block(head: str, found: Finding | Fault) -> str:
    """``head``, then the place, proof, remedy and evidence of ``found``, a line or a block each."""
    lines = [head]
    rows = (("at", found.location), ("proven", found.proof), ("fix", found.remedy))
    for title, text in rows:
        if text:
            lines.append(f"  {title:<7} " + str(text).replace("\n", "\n" + " " * 10))
    for title, body in found.details:
        lines += [f"  {title}:", textwrap.indent(body, "    ")]
    return "\n".join(lines)


def line(found: Finding) -> str:
    """One finding on one line, its place first."""
    place = f"{found.location}: " if found.location is not None else ""
    return f"{place}{found.code} {found.level.value}: {found.message}"


def counts(judged: Iterable[Judged]) -> list[tuple[str, str]]:
    """(family, ``7 of 9 tasks, 2 of 2 beat entries``): what passed of what there was."""
    totals: dict[tuple[str, str], Counter[Outcome]] = {}
    for one in judged:
        totals.setdefault((one.family, one.plural), Counter())[one.judgement.outcome] += 1
    families: dict[str, list[str]] = {}
    for (family, plural), outcomes in totals.items():
        total, skipped = sum(outcomes.values()), outcomes[Outcome.SKIPPED]
        if skipped == total:
            text = f"{plural} skipped"
        else:
            text = f"{outcomes[Outcome.PASSED]} of {total} {plural}" + (
                f" ({skipped} skipped)" if skipped else ""
            )
        families.setdefault(family, []).append(text)
    return [(family, ", ".join(texts)) for family, texts in families.items()]


def skips(judged: Iterable[Judged]) -> list[str]:
    """The reasons of the skips, each once with how many subjects it kept from being checked."""
    reasons = Counter(
        (
            "skipped" if one.judgement.outcome is Outcome.SKIPPED else "not checked",
            one.family,
            one.judgement.reason,
        )
        for one in judged
        # --prodready-strict takes a skip for a failure: it has a reason, and no finding
        if one.judgement.outcome in (Outcome.SKIPPED, Outcome.FAILED) and one.judgement.reason
    )
    return [f"{number} {word}, {family}: {reason}" for (word, family, reason), number in reasons.items()]


def findings(judged: Iterable[Judged], level: Level) -> list[Finding]:
    """All findings of one level, in the order of their subjects, each once."""
    every = (found for one in judged for found in one.judgement.findings if found.level is level)
    return list(dict.fromkeys(every))


def places(judged: Iterable[Judged], level: Level) -> list[str]:
    """The findings of one level, each place once: what is wrong there, and what else fails for it."""
    by_place: dict[object, list[Finding]] = {}
    for found in findings(judged, level):
        by_place.setdefault(found.location or found, []).append(found)
    texts = []
    for first, *others in by_place.values():
        text = line(first)
        if level is not Level.ERROR and first.remedy:  # an error's remedy stands in its failure above
            text += f"\n    fix: {first.remedy.splitlines()[0]}"
        names = dict.fromkeys(f"{other.code} {_also(first, other)}" for other in others)
        texts.append("".join([text, *(f"\n    also: {name}" for name in names)]))
    return texts


def _also(first: Finding, other: Finding) -> str:
    """What else is at one place: a fault of its own in words, a consequence elsewhere by its subject."""
    of_its_own = other.code == first.code or other.subject == first.subject
    return other.message if of_its_own else other.subject


def unreached(facts: Facts) -> list[str]:
    """The line about source files that no entry point reaches; none while one of them does not load."""
    if not facts.entries or any(entry.failure is not None for entry in facts.entries):
        return []
    number = len(set.intersection(*(set(entry.unreached) for entry in facts.entries)))
    if not number:
        return []
    files, were = ("file", "was") if number == 1 else ("files", "were")
    return [f"imports: {number} source {files} that nothing reaches {were} not imported"]


def verdict(judged: list[Judged], *, ready: bool, verbose: bool) -> str:
    """The last line: READY or NOT READY, with the counts behind it."""
    outcomes = Counter(one.judgement.outcome for one in judged)
    errors, warnings, notes = (len(findings(judged, level)) for level in Level)
    parts = [f"{outcomes[Outcome.PASSED]} of {len(judged)} checks passed"]
    for number, word in (
        (errors, "error"),
        (outcomes[Outcome.ERRORED], "check that could not be judged"),
        (warnings, "warning"),
        (outcomes[Outcome.SKIPPED], "skipped"),
        (notes, "note"),
    ):
        if number:
            plural = {
                "check that could not be judged": "checks that could not be judged",
                "skipped": "skipped",
            }
            parts.append(f"{number} {word if number == 1 else plural.get(word, word + 's')}")
    if notes and not verbose:
        parts[-1] += " (-v shows it)" if notes == 1 else " (-v shows them)"
    return f"{'READY' if ready else 'NOT READY'}: {', '.join(parts)}"


def starts(facts: Facts) -> list[str]:
    """What the start of each entry point that loads costs, on a line each."""
    return [
        f"{seen.entry.target}, {seen.loaded} modules in {seen.seconds:.2f} s"
        for seen in facts.entries
        if seen.loaded and seen.failure is None
    ]


def costs(facts: Facts) -> list[str]:
    """The most expensive imports of each entry point that loads, as tables: evidence, judged by nobody."""
    lines = []
    for seen in (seen for seen in facts.entries if seen.costs and seen.failure is None):
        lines += ["", f"start of {seen.entry.target}: {seen.loaded} modules in {seen.seconds:.2f} s"]
        lines.append("  by itself    in all  module")
        lines += [f"  {cost.seconds:7.3f} s {cost.total:7.3f} s  {cost.module}" for cost in seen.costs]
    return lines


HOW = {"required": "no default", "default": "default", "optional": "None", "asked": "asks if set"}


def environment(facts: Facts) -> list[str]:
    """The variables that each entry point read while it was loaded: names and lines, never values."""
    lines = []
    for seen in (seen for seen in facts.entries if seen.environment_reads or seen.settings_fields):
        rows = [
            (read.name, HOW[read.how], read.state, f"{read.location} {read.reader}".rstrip())
            for read in seen.environment_reads
        ]
        rows += [
            (one.variables[0], HOW["required"], one.state, f"{one.location or ''} {one.settings}".strip())
            for one in seen.settings_fields
        ]
        width = max(len(name) for name, *_ in rows)
        lines += ["", f"environment of {seen.entry.target}: {len({row[0] for row in rows})} variables read"]
        lines.append(f"  {'variable':<{width}}  without it   it is  line")
        lines += [f"  {name:<{width}}  {how:<11}  {state:<5}  {place}" for name, how, state, place in rows]
    return lines


def explanation(rule: Rule) -> str:
    """What ``--prodready-explain`` says of a rule."""
    rows = (
        ("checks", rule.checks),
        ("why", rule.reason),
        ("fix", rule.remedy),
        ("level", f"{rule.level.value}, unless a finding says otherwise"),
        ("judges", ", ".join(f"each {kind.name}" for kind in rule.kinds)),
    )
    lines = [f"{rule.code} {rule.slug}", ""]
    for title, text in rows:
        lines.append(textwrap.fill(text, 100, initial_indent=f"  {title:<7}", subsequent_indent=" " * 9))
    return "\n".join(lines)
