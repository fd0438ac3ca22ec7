"""``manage.py makemigrations`` as the application has it.

An application may put a command of its own in the place of Django's, which hides changes that do not matter
to it, and then hands over to Django's. It is called as with ``--check``, up to there: nothing is written, and
no database is asked.
"""

from __future__ import annotations

from typing import Any

OPTIONS = {
    "check_changes": True,
    "dry_run": True,
    "interactive": False,
    "skip_checks": True,
    "verbosity": 0,
}


class _HandedOver(BaseException):  # no error; and no `except Exception` may catch it
    """Django's own part of the command would begin now."""


def autodetector() -> Any:
    """The class that the command compares models and migrations with, once the command has prepared that.

    Where the application's own command does not get as far as Django's, all is as Django has it.
    """
    from django.core.management.commands import makemigrations

    command = _command()
    if type(command) is not makemigrations.Command:
        _prepare(command, makemigrations.Command)
    # a library may have put its own in the place of Django's; the command names it since Django 5.2
    return getattr(command, "autodetector", None) or vars(makemigrations)["MigrationAutodetector"]


def _command() -> Any:
    from django.core.management import get_commands, load_command_class
    from django.core.management.commands import makemigrations

    found: Any = get_commands()["makemigrations"]  # a command itself, where a test has put one there
    command = load_command_class(found, "makemigrations") if isinstance(found, str) else found
    # what is no kind of Django's may do anything when it is called
    return command if isinstance(command, makemigrations.Command) else makemigrations.Command()


def _prepare(command: Any, djangos: Any) -> None:
    """Let an application's own command do what it does before it calls Django's."""
    from django.core.management import call_command

    def hand_over(*_: object, **__: object) -> None:
        raise _HandedOver

    before = djangos.handle
    djangos.handle = hand_over
    try:
        call_command(command, **OPTIONS)
    except BaseException:  # noqa: S110  # handed over; else whatever the application raises
        pass
    finally:
        djangos.handle = before
