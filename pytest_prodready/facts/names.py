"""What the code asks of values whose class is known."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class AttributeRead:
    """One read of an attribute that the class does not have, or of one on a relation that may be ``None``."""

    name: str
    location: Location
    function: str
    """The function that it stands in, qualified; empty for the top of the module."""
    written: str
    """The expression, shortened: ``business.website``."""
    known: str
    """How the class is known: a word of ``Known.how`` in the inspector."""
    known_line: int = 0
    """The line of that, in the same file; 0 for none."""
    near: str = ""
    """The nearest attribute that is there; else empty."""
    of_class: bool = False
    """The class itself is asked, not an instance."""
    nullable: str = ""
    """The relation that may be ``None``, such as ``Provider.user``; the attribute itself is there."""
    certain: bool = True
    """False: the annotation of a parameter says the class, and the calls that were seen do not confirm it."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One constant name that a query, a form or an admin class asks a model for in vain."""

    written: str
    """All of it: ``owner__nmae__icontains``."""
    how: str
    """``filter``, ``order_by``, ``F``, ``ModelForm.fields``, ``template variable``."""
    location: Location
    missing: str
    """The part that does not resolve."""
    at: str
    """The model that the part was looked up on, qualified."""
    near: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True)
class AskedClass:
    """One class, and what the code asks of it."""

    name: str
    """Qualified: ``directory.models.Provider``."""
    location: Location | None = None
    reads: int = 0
    """Reads of attributes that were judged."""
    lookups: int = 0
    """Names in queries and options that were judged."""
    missing: tuple[AttributeRead, ...] = ()
    unresolved: tuple[Lookup, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What the code of the closure asks of the classes that are known, as one entry point has loaded them."""

    modules: int = 0
    """How many of its modules were read."""
    reads: int = 0
    """All reads of attributes in them."""
    judged: int = 0
    """Those whose class is known and lists all that it has."""
    lookups: int = 0
    """The constant names in queries and options that were judged."""
    classes: tuple[AskedClass, ...] = field(default=())
