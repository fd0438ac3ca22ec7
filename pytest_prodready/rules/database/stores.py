"""What one column of the database takes and may hold: by its type, its ENUM, its CHECKs, its length."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pytest_prodready.facts import DatabaseCheck, DatabaseEnum
from pytest_prodready.rules.database import sql
from pytest_prodready.rules.database.check_truth import Check
from pytest_prodready.rules.database.sql import MYSQL, identifier, qualified, quoted
from pytest_prodready.wording import listed

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Store(ABC):
    """Where labels are kept."""

    name: str
    """In words: ``the enum type public.place_status``."""
    dialect: str = "postgresql"
    labels: tuple[str, ...] = ()
    """Those that it is said to take, in its order; empty where it takes any."""
    ordered: bool = False
    """It sorts by that order."""
    table: str = ""
    """As it is written in a statement."""
    column: str = ""
    nullable: bool = True
    default: bool = False
    length: int | None = None
    type: str = ""

    def takes(self, label: str) -> bool | None:
        """Whether a write of the label passes as it is; ``None`` where that cannot be told."""
        return self.seen(label) in self._own

    @cached_property
    def _own(self) -> frozenset[str]:
        return frozenset(self.labels)

    def seen(self, label: str) -> str:
        """How the database's catalogue writes the label."""
        return label

    def folds(self, label: str) -> str:
        """The label that the database makes of one that it does not have; empty where it refuses it."""
        return ""

    @property
    def stale(self) -> bool:
        """What it lacks is a constraint's fault, not a type's."""
        return False

    @property
    def unclear(self) -> str:
        """The conditions that are not understood, where they judge this column alone; else empty."""
        return ""

    def too_short(self, labels: Iterable[str]) -> tuple[str, ...]:
        """The labels that do not fit in it."""
        if self.length is None:
            return ()
        return tuple(dict.fromkeys(label for label in labels if len(label.rstrip(" ")) > self.length))

    @abstractmethod
    def add(self, labels: Sequence[str]) -> str:
        """The statements that make it take these, too."""

    @abstractmethod
    def rename(self, old: str, new: str) -> str:
        """The statements that give a label another name."""

    def widen(self, length: int) -> str:
        """The statement that gives it room for ``length`` characters."""
        if self.dialect == "postgresql":
            kind = re.sub(r"\(\d+\)", f"({length})", self.type)
            return f"ALTER TABLE {self.table} ALTER COLUMN {self.column} TYPE {kind};"
        return self._modify(re.sub(r"\(\d+\)", f"({length})", self.type, count=1))

    def _update(self, old: str, new: str) -> str:
        to, of = (sql.literal(label, self.dialect) for label in (new, old))
        return f"UPDATE {self.table} SET {self.column} = {to} WHERE {self.column} = {of};"  # noqa: S608 - shown

    def _modify(self, kind: str, more: str = "") -> str:
        null = "" if self.nullable else " NOT NULL"
        default = " DEFAULT …" if self.default else ""
        return f"ALTER TABLE {self.table} MODIFY COLUMN {self.column} {kind}{null}{default}{more};"


class Nowhere(Store):
    """Stands in a subject that is not judged, as its store was not read."""

    def add(self, labels: Sequence[str]) -> str:
        """Nothing."""
        return ""

    def rename(self, old: str, new: str) -> str:
        """Nothing."""
        return ""


@dataclass(frozen=True)
class NamedType(Store):
    """An enum type of PostgreSQL."""

    written: str = ""
    """Its name as it is written in a statement."""

    def add(self, labels: Sequence[str]) -> str:
        return "\n".join(f"ALTER TYPE {self.written} ADD VALUE {sql.literal(label)};" for label in labels)

    def rename(self, old: str, new: str) -> str:
        return f"ALTER TYPE {self.written} RENAME VALUE {sql.literal(old)} TO {sql.literal(new)};"


@dataclass(frozen=True)
class EnumOfColumn(Store):
    """An ENUM or SET of MySQL or MariaDB: its labels are the column's type."""

    collation: str = ""

    def seen(self, label: str) -> str:
        return _ASTRAL.sub("?", label)

    def folds(self, label: str) -> str:
        return self._folded.get(label.casefold(), "")

    @cached_property
    def _folded(self) -> dict[str, str]:
        if not self.collation.endswith("_ci"):
            return {}
        return {own.casefold(): own for own in reversed(self.labels)}

    def add(self, labels: Sequence[str]) -> str:
        return self._written((*self.labels, *labels))

    def rename(self, old: str, new: str) -> str:
        renamed = self._written(new if own == old else own for own in self.labels)
        if self.folds(new) == old:  # no two labels that the column takes for one
            return renamed
        return "\n".join((self._written((*self.labels, new)), self._update(old, new), renamed))

    def _written(self, labels: Iterable[str]) -> str:
        return self._modify(f"{self.type.partition('(')[0].upper()}({sql.literals(labels, self.dialect)})")


@dataclass(frozen=True)
class Constraint:
    """One CHECK that judges a column."""

    check: DatabaseCheck
    reads: Check
    alone: bool
    """It mentions no other column."""


@dataclass(frozen=True)
class Checked(Store):
    """A column of text or numbers, with the CHECK constraints that there are."""

    constraints: tuple[Constraint, ...] = ()
    array: bool = False
    numeric: bool = False
    domain: str = ""
    """That the column is of."""
    _known: dict[str, bool | None] = field(default_factory=dict, compare=False, repr=False)

    def takes(self, label: str) -> bool | None:
        if label not in self._known:
            answers = {self._answer(one, label) for one in self.constraints}
            self._known[label] = False if False in answers else None if None in answers else True
        return self._known[label]

    def refusing(self, labels: Iterable[str]) -> tuple[Constraint, ...]:
        """The constraints that keep one of the labels out."""
        every = list(labels)
        return tuple(
            one for one in self.constraints if any(self._answer(one, label) is False for label in every)
        )

    def _answer(self, constraint: Constraint, label: str) -> bool | None:
        if self.numeric:
            return constraint.reads.accepts(int(label))
        found = constraint.reads.accepts((label,) if self.array else label)
        seen = self.seen(label)
        if found is False and seen != label:
            return constraint.reads.accepts(seen) or (None if "?" in constraint.check.text else False)
        return found

    def seen(self, label: str) -> str:
        return _ASTRAL.sub("????", label) if self.dialect in MYSQL else label

    @property
    def stale(self) -> bool:
        return True

    @property
    def unclear(self) -> str:
        names = [
            one.check.name or one.check.text
            for one in self.constraints
            if one.alone and not one.reads.understood
        ]
        return listed(names)

    def widen(self, length: int) -> str:
        if self.domain:
            where = f"{self.table}.{self.column}"
            return f"Give the column {where} a type that holds {length} characters, instead of {self.domain}."
        if self.dialect != "mariadb":
            return super().widen(length)
        kept = "".join(f" CHECK ({one.check.text})" for one in self.constraints if one.check.column)
        return self._modify(re.sub(r"\(\d+\)", f"({length})", self.type, count=1), kept)

    def add(self, labels: Sequence[str]) -> str:
        return self._rewritten(labels, {})

    def rename(self, old: str, new: str) -> str:
        return self.rename_all({old: new})

    def rename_all(self, renamed: dict[str, str]) -> str:
        """The statements that put the new labels in the place of the old ones."""
        return self._rewritten((), renamed)

    def named(self, constraints: Sequence[Constraint]) -> str:
        """Some of its constraints, in words."""
        names = [one.check.name for one in constraints if one.check.name]
        return f"the CHECK {listed(names)} of {self.table}" if names else f"the CHECK of {self.table}"

    def _rewritten(self, labels: Sequence[str], renamed: dict[str, str]) -> str:
        concerned = self.refusing((*labels, *renamed.values())) or self.constraints
        return "\n".join(self._anew(one, labels, renamed) for one in concerned)

    def _anew(self, one: Constraint, labels: Sequence[str], renamed: dict[str, str]) -> str:
        known = [str(label) for label in one.reads.listed]
        every = list(dict.fromkeys([*(renamed.get(label, label) for label in known), *labels]))
        name, table = identifier(one.check.name, self.dialect) if one.check.name else "", self.table
        if not one.reads.only_lists or self.array:
            which = f"the CHECK {one.check.name}" if one.check.name else "the CHECK"
            return (
                f"Let {which} of {table} accept {listed(map(quoted, (*labels, *renamed.values())), 50)}, too."
            )
        values = ", ".join(every) if self.numeric else sql.literals(every, self.dialect)
        updates = [self._update(old, new) for old, new in renamed.items() if old in known]
        condition = f"CHECK ({self.column} IN ({values}))"
        if self.dialect == "sqlite":
            named = f"CONSTRAINT {name} {condition}" if name else condition
            how = f"create the table {table} anew (Alembic: op.batch_alter_table)"
            anew = f"SQLite cannot change a CHECK: {how} with {named}"
            return f"{anew}, and the rows with the new labels" if updates else anew
        if one.check.domain:
            drop = f"ALTER DOMAIN {qualified(one.check.schema, one.check.domain)} DROP CONSTRAINT {name};"
            add = drop.replace("DROP CONSTRAINT", "ADD CONSTRAINT")[:-1] + f" CHECK (VALUE IN ({values}));"
            return "\n".join((drop, *updates, add))
        if self.dialect == "mariadb" and one.check.column:
            drop, add = self._modify(self.type), self._modify(self.type, f" {condition}")
            return "\n".join((drop, *updates, add)) if updates else add
        drop = f"{'DROP CHECK' if self.dialect == 'mysql' else 'DROP CONSTRAINT'} {name}"
        add = f"ADD CONSTRAINT {name} {condition}"
        if updates:  # the rows must not break the new condition
            return "\n".join((f"ALTER TABLE {table} {drop};", *updates, f"ALTER TABLE {table} {add};"))
        return f"ALTER TABLE {table} {drop}, {add};"


def named_type(found: DatabaseEnum) -> NamedType:
    """PostgreSQL's type, whatever column is of it."""
    written = qualified(found.schema, found.name)
    return NamedType(name=f"the enum type {written}", labels=found.labels, ordered=True, written=written)
