"""The fields that options of loaded classes name: of forms, admin pages, views, serializers and filters.

Left out is what another rule says already: Django's own checks of admin classes, and options for which
the class itself cannot be made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial

from ...project import Project
from . import admin_options as django_admin_options
from . import filter_options as django_filter_options
from . import form_options as django_form_options
from . import rest_options as django_rest_options
from .option_places import Declared, attempt

READERS: dict[str, Callable[[Project], Iterable[Declared]]] = {
    "django.contrib.admin.sites": django_admin_options.declared,
    "django.forms.models": django_form_options.of_forms,
    "django.views.generic.edit": django_form_options.of_views,
    "rest_framework.serializers": django_rest_options.of_serializers,
    "rest_framework.generics": django_rest_options.of_views,
    "django_filters.filterset": django_filter_options.declared,
}
"""The module that a library has loaded where it is in use → what reads the options of its classes."""


def declared(project: Project) -> list[Declared]:
    """Every name in such an option, with what came of it.

    Args:
        project: tells which classes are the application's own; Django's applications have to be ready.
    """
    found: list[Declared] = []
    for module, read in READERS.items():
        if module in sys.modules:
            found += attempt(partial(read, project))
    return found
