"""PRD702 over small Django projects: receivers that are connected twice."""

from __future__ import annotations

import pytest

from tests.django_project import PROJECT, Judge, found, line

COPY = """\
    import logging
    from django.contrib.auth.models import User
    from django.db.models.signals import post_save
    from django.dispatch import receiver
    from api.models import Profile

    logger = logging.getLogger(__name__)

    @receiver(post_save, sender=User)
    def create_profile(sender, instance, created, **kwargs):
        "As in the models."
        if created:
            logger.info("made")
            Profile.objects.create(user=instance)
    """
SIGNALS = """\
    from django.db.models.signals import post_save
    from django.dispatch import receiver
    from django.contrib.auth.models import User

    @receiver(post_save, sender=User)
    def greet(sender, instance, **kwargs):
        print("hello", instance)
    """
APPS = """\
    from django.apps import AppConfig
    class ApiConfig(AppConfig):
        name = "api"
        def ready(self):
            {ready}
    """
USER = "signal:post_save:auth.User"


def test_a_copy_in_another_module_that_a_view_imports(portal: Judge) -> None:
    """The incident: api/models.py and api/models_backup.py; a docstring and a logger make no difference."""
    views = "from api import models_backup\n" + PROJECT["api/views.py"].replace("        ", "")
    run = portal({"api/models_backup.py": COPY, "api/views.py": views}, codes="PRD702")
    assert found(run) == [("PRD702", "error", USER, line("api/models_backup.py", "@receiver"))]
    (fault,) = run.findings
    assert fault.message == (
        "api.models.create_profile and api.models_backup.create_profile do the same, and both are "
        "connected: each post_save of auth.User is handled twice"
    )
    assert line("api/models.py", "@receiver") in dict(fault.details)["the receivers"]


@pytest.mark.wide
def test_one_file_under_two_module_names(portal: Judge) -> None:
    """The directory of the application is on the path as well."""
    ready = "import sys; sys.path.append(self.path); import api.signals, signals"
    run = portal({"api/signals.py": SIGNALS, "api/apps.py": APPS.format(ready=ready)}, codes="PRD702")
    assert found(run) == [("PRD702", "error", USER, line("api/signals.py", "@receiver"))]
    assert "api/signals.py is loaded under two names, api.signals and signals" in run.text


@pytest.mark.wide
def test_ready_that_runs_twice(portal: Judge) -> None:
    """A receiver that it defines itself is another object each time; a dispatch_uid keeps it one."""
    apps = """\
        from django.apps import AppConfig
        class ApiConfig(AppConfig):
            name = "api"
            def ready(self):
                for _ in range(2):
                    self.connect()
            def connect(self):
                from django.contrib.auth.models import User
                from django.db.models.signals import post_delete, post_save, pre_save
                def greet(sender, instance, **kwargs):
                    print("hello", instance)
                def once(sender, instance, **kwargs):
                    print("once", instance)
                post_save.connect(greet, sender=User, weak=False)
                pre_save.connect(once, sender=User, weak=False, dispatch_uid="once")
                post_delete.connect(type(self).gone, sender=User, dispatch_uid="a")
                post_delete.connect(type(self).gone, sender=User, dispatch_uid="b")
            @staticmethod
            def gone(sender, **kwargs):
                print("gone")
        """
    run = portal({"api/apps.py": apps}, codes="PRD702")
    assert found(run) == [
        ("PRD702", "error", "signal:post_delete:auth.User", line("api/apps.py", "@staticmethod")),
        ("PRD702", "error", USER, line("api/apps.py", "def greet")),
    ]
    assert "api.apps.ApiConfig.gone is connected twice, as its dispatch_uid differs" in run.text


@pytest.mark.wide
def test_receivers_that_only_look_alike(portal: Judge) -> None:
    """Another sender, another global behind the same words, another closure, nothing done, not imported."""
    other = """\
        from django.contrib.auth.models import Group, User
        from django.db.models.signals import post_save
        from django.dispatch import receiver
        CHANNEL = "{channel}"

        @receiver(post_save, sender={sender})
        def same_words(sender, instance, **kwargs):
            print(CHANNEL, instance)

        @receiver(post_save, sender=User)
        def nothing(sender, **kwargs):
            pass

        @receiver(post_save, sender={sender})
        def by_sender(sender, instance, **kwargs):
            print("of one sender alone", instance)

        def make(word):
            def told(sender, instance, **kwargs):
                print(word, instance)
            return told

        for word in ("a", "b"):
            post_save.connect(make(word), sender=User, weak=False)
        """
    run = portal(
        {
            "api/one.py": other.format(channel="mail", sender="User"),
            "api/two.py": other.format(channel="chat", sender="Group"),
            "api/three.py": "from api.one import *\nCHANNEL = 'none'\n",
            "api/models_backup.py": COPY,
            "api/apps.py": APPS.format(ready="from api import one, two, three"),
        },
        codes="PRD702",
    )
    assert (found(run), run.status) == ([], 0)
