"""Rules and the kinds of subject that they judge.

A *kind* lists its subjects from the facts (every task, every enum column); a *rule* is one pure function
that judges one subject. :meth:`Registry.judge` applies all selected rules of a kind to one subject.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pytest_prodready.facts import Facts, Location
from pytest_prodready.findings import PASSED, Fault, Finding, Judgement, Level, Outcome
from pytest_prodready.request import JOBS

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Subject(Generic[V]):
    """One thing to judge: its name, and the facts about it."""

    name: str
    value: V
    skipped: str = ""
    """Why there is nothing to judge; else empty."""
    errored: str = ""
    """Why it could not be judged; else empty."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Kind(Generic[V]):
    """A kind of subject: ``task``, ``enum column``, ``requirement``, ``endpoint``."""

    family: str
    name: str
    plural: str
    subjects: Callable[[Facts], Iterable[Subject[V]]]
    needs: frozenset[str] = frozenset()
    """The jobs whose facts it is made of, see :mod:`pytest_prodready.request`."""
    late: bool = False
    """Its facts come from probes that run after collection; its subjects' names are known before."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One judgement with a stable code."""

    code: str
    slug: str
    level: Level
    kinds: tuple[Kind[Any], ...]
    judge: Callable[[Any, Facts], Iterable[Fault]]
    checks: str
    """What it checks, one sentence."""
    reason: str
    """Why that matters in production."""
    remedy: str
    """What to do, where the fault itself does not say it better."""
    always: bool = False
    """Part of every selection: only leaving it out by name switches it off."""

    def findings(self, subject: str, value: object, facts: Facts) -> Iterator[Finding]:
        """Apply the rule to one subject."""
        for fault in self.judge(value, facts):
            yield Finding(
                code=self.code,
                level=fault.level or self.level,
                subject=subject,
                message=fault.message,
                remedy=fault.remedy or self.remedy,
                location=fault.location,
                proof=fault.proof,
                details=fault.details,
            )


class Family:
    """The rules of one family, in the order of their codes; each rules module has one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rules: list[Rule] = []
        self.kinds: list[Kind[Any]] = []

    def first_code(self, kind: Kind[Any]) -> str:
        """The lowest code of the family's rules that judge ``kind``; empty when only another family does."""
        return min((rule.code for rule in self.rules if kind in rule.kinds), default="")

    def kind(
        self, name: str, plural: str, *, needs: Iterable[str] = (), late: bool = False
    ) -> Callable[[Callable[[Facts], Iterable[Subject[V]]]], Kind[V]]:
        """Declare a kind of subject; the decorated function lists its subjects from the facts."""

        def declare(subjects: Callable[[Facts], Iterable[Subject[V]]]) -> Kind[V]:
            kind = Kind(self.name, name, plural, subjects, frozenset(needs), late)
            self.kinds.append(kind)
            return kind

        return declare

    def rule(
        self,
        code: str,
        slug: str,
        *kinds: Kind[Any],
        checks: str,
        reason: str,
        remedy: str,
        level: Level = Level.ERROR,
        always: bool = False,
    ) -> Callable[[Callable[[V, Facts], Iterable[Fault]]], Callable[[V, Facts], Iterable[Fault]]]:
        """Declare a rule; the decorated function judges one subject's value and yields its faults."""

        def declare(judge: Callable[[V, Facts], Iterable[Fault]]) -> Callable[[V, Facts], Iterable[Fault]]:
            found = Rule(code, slug, level, kinds, judge, checks, reason, remedy, always)
            insort(self.rules, found, key=lambda known: known.code)
            return judge

        return declare


class Registry:
    """All rules of a run, and which of them the user has selected."""

    def __init__(self, families: Iterable[Family]) -> None:
        """Collect the rules of ``families``.

        Raises:
            ValueError: two rules share a code or a slug, or one judges no kind or needs an unknown job.
        """
        self.families = tuple(families)
        self.rules: dict[str, Rule] = {}
        slugs: set[str] = set()
        for rule in (rule for family in self.families for rule in family.rules):
            if rule.code in self.rules or rule.slug in slugs:
                raise ValueError(f"two rules are called {rule.code} or {rule.slug}")
            if not rule.kinds:
                raise ValueError(f"{rule.code} judges no kind of subject")
            if unknown := frozenset().union(*(kind.needs for kind in rule.kinds)) - set(JOBS):
                raise ValueError(f"{rule.code} needs {', '.join(sorted(unknown))}, which no job gathers")
            self.rules[rule.code] = rule
            slugs.add(rule.slug)

    def select(self, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Registry:
        """Return a registry of the rules whose code starts with one of ``select`` and none of ``ignore``.

        What the gate could not do is said in every selection: a part that was not looked at is no pass.
        """
        wanted, unwanted = tuple(select) or ("",), tuple(ignore)
        chosen = []
        for family in self.families:
            copy = Family(family.name)
            copy.rules = [
                rule
                for rule in family.rules
                if (rule.always or rule.code.startswith(wanted))
                and not (unwanted and rule.code.startswith(unwanted))
            ]
            copy.kinds = [kind for kind in family.kinds if any(kind in rule.kinds for rule in copy.rules)]
            chosen.append(copy)
        return Registry(chosen)

    @property
    def kinds(self) -> tuple[Kind[Any], ...]:
        """The kinds that at least one rule judges, in the order of the families and of their first rules."""
        return tuple(kind for family in self.families for kind in sorted(family.kinds, key=family.first_code))

    def judge(self, kind: Kind[Any], subject: Subject[Any], facts: Facts) -> Judgement:
        """Apply every rule of ``kind`` to ``subject``.

        A rule that raises is our mistake: the subject is errored, never passed.
        """
        if subject.errored:
            return Judgement(Outcome.ERRORED, reason=subject.errored)
        if subject.skipped:
            return Judgement(Outcome.SKIPPED, reason=subject.skipped)
        findings: list[Finding] = []
        for rule in self.rules.values():
            if kind not in rule.kinds:
                continue
            try:
                findings.extend(rule.findings(subject.name, subject.value, facts))
            except Exception as error:
                reason = f"rule {rule.code} itself failed on {subject.name}: {type(error).__name__}: {error}"
                return Judgement(Outcome.ERRORED, tuple(findings), reason)
        if not findings:
            return PASSED
        failed = any(finding.level is Level.ERROR for finding in findings)
        return Judgement(Outcome.FAILED if failed else Outcome.PASSED, tuple(findings))
