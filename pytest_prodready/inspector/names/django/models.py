"""Django's models and their managers, looked at without asking them."""

from __future__ import annotations

import functools
import sys
from typing import Any, TypeGuard

from ..value import Class, Value

MODEL = "django.db.models.base.Model"
MANAGER = "django.db.models.manager.BaseManager"
QUERYSET = "django.db.models.query.QuerySet"
ROWS_MADE = ("__iter__", "__getitem__", "_fetch_all", "_iterator", "iterator")
"""Methods of a queryset that make its rows: another one may give them more, or give others."""
INTERNALS = (*ROWS_MADE, "__init__", "__new__", "_chain", "_clone")


def descends(cls: type, base: str) -> bool:
    """Whether a class has the base that is given as ``module.Class``."""
    return base in _bases(cls)


@functools.cache
def _bases(cls: Any) -> frozenset[str]:
    return frozenset(f"{one.__module__}.{one.__qualname__}" for one in type.mro(cls))


def is_model(cls: object) -> TypeGuard[type]:
    """Whether ``cls`` is a class of models."""
    return isinstance(cls, type) and descends(cls, MODEL)


def held(cls: type, name: str, after: type | None = None) -> tuple[type | None, Any]:
    """The class that holds ``name``, ``cls`` or the first of its bases, and what it holds.

    Args:
        cls: where it begins.
        name: the attribute.
        after: ask only the bases that follow this one, as ``super()`` does.

    Returns:
        ``None`` twice where nobody has it.
    """
    order = cls.__mro__
    if after is not None:
        order = order[order.index(after) + 1 :] if after in order else ()
    return next(((one, vars(one)[name]) for one in order if name in vars(one)), (None, None))


def of_django(cls: type | None) -> bool:
    """Whether a class is Django's own."""
    return cls is not None and cls.__module__.partition(".")[0] == "django"


def own(cls: type, *names: str) -> bool:
    """Whether somebody else than Django holds one of ``names`` for ``cls``."""
    holders = (held(cls, name)[0] for name in names)
    return any(holder not in (None, object) and not of_django(holder) for holder in holders)


def model_in(value: Value | None) -> type | None:
    """The model that a value is the class of."""
    return value.cls if isinstance(value, Class) and is_model(value.cls) else None


def options(model: type) -> Any:
    """The model's ``_meta``."""
    return held(model, "_meta")[1]


def usable(model: type) -> bool:
    """Whether a model has managers: it is neither abstract nor swapped for another one."""
    meta = options(model)
    return meta is not None and not meta.abstract and not meta.swapped


def manager(model: type, name: str) -> Any:
    """The manager that ``model`` has by a name; ``None`` where the name means something else."""
    if not usable(model):
        return None
    if name in ("_default_manager", "_base_manager"):
        if own(type(model), name):
            return None
        return getattr(options(model), name[1:])
    found = held(model, name)[1]
    if found is None or type(found).__name__ != "ManagerDescriptor" or not of_django(type(found)):
        return None
    return options(model).managers_map.get(vars(found)["manager"].name)


def queryset_class(manager_class: type) -> type | None:
    """The class of the querysets that managers of a class begin with, unless they say it themselves."""
    found = held(manager_class, "_queryset_class")[1]
    return found if isinstance(found, type) else None


def field(model: type, name: str) -> Any:
    """The field or the reverse relation that ``model`` has by the name used in queries; ``None`` for none."""
    from django.core.exceptions import FieldDoesNotExist

    meta = options(model)
    if name == "pk":
        return meta.pk
    try:
        return meta.get_field(name)
    except FieldDoesNotExist:
        return None


@functools.cache
def models_by_manager() -> dict[type, frozenset[type]]:
    """Class of managers or of querysets → the models whose managers, or their querysets, descend from it."""
    from django.apps import apps

    found: dict[type, set[type]] = {}
    for model in apps.get_models(include_auto_created=True):
        for one in options(model).managers:
            first = queryset_class(type(one))
            for base in (*type(one).__mro__, *(first.__mro__ if first is not None else ())):
                found.setdefault(base, set()).add(model)
    return {base: frozenset(models) for base, models in found.items()}


def only_model(cls: type) -> type | None:
    """The one model that a class of managers or querysets serves; ``None`` where there are several."""
    models = models_by_manager().get(cls, frozenset())
    return next(iter(models)) if len(models) == 1 else None


def unusable(module: str) -> bool:
    """Whether a module holds models of an application that is not installed: it cannot be imported here."""
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    if apps is None or not apps.ready or module in sys.modules or "models" not in module.split("."):
        return False
    return apps.get_containing_app_config(module) is None
