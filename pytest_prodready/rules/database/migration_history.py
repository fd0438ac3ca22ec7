"""PRD321: would the deploy command find one place to upgrade to?"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Alembic, Failure, Location, Revision
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.database.migration_subjects import Application, Environment
from pytest_prodready.wording import joined

READ = "Alembic itself read the revisions, without running env.py or a migration"
LOADED = "Django's own loader read the migrations"


def heads(environment: Environment) -> Iterator[Fault]:
    """What stops ``alembic upgrade`` before it runs a migration."""
    alembic = environment.alembic
    if alembic.failure is not None:
        said = alembic.failure.message.partition("\n")[0]
        yield Fault(
            f"Alembic cannot read its migrations: {said}",
            _mended(said),
            _blamed(alembic),
            f"{READ}: it raised {alembic.failure.type}",
            level=Level.WARNING if alembic.doubted else None,
        )
    if not alembic.several:
        return
    revisions = [environment.known[one] for one in alembic.heads if one in environment.known]
    targets = {one.target: one for one in environment.commands}
    named = " ".join(one.id for one in revisions)
    remedy = f'Merge them: alembic merge -m "merge heads" {named}'
    details = (("the heads", "\n".join(f"{one.id} {one.title} ({one.location})" for one in revisions)),)
    shown = joined(one.id for one in revisions)
    if (command := targets.get("head")) is not None:
        yield Fault(
            f"{len(revisions)} heads ({shown}), and the deployment upgrades to head ({command.location}): "
            "Alembic refuses that and migrates nothing.",
            f"{remedy}; or upgrade to heads in {command.location}, if both are wanted.",
            _latest(revisions),
            f"{READ}: it refuses the target head",
            details,
        )
    elif not targets:
        on_purpose = _on_purpose(revisions)
        yield Fault(
            f"{len(revisions)} heads ({shown}): alembic upgrade head refuses them"
            + (", as each is on a branch of its own; upgrade to heads." if on_purpose else "."),
            f"{remedy}." if not on_purpose else "Have the deployment run: alembic upgrade heads",
            _latest(revisions),
            f"{READ}: it refuses the target head; no file of the deployment was found that migrates",
            details,
            Level.INFO if on_purpose else None,
        )


def _blamed(alembic: Alembic) -> Location:
    """The line that stops Alembic: of a module that raised, or of a revision that follows none there is."""
    if alembic.failure is not None and (place := _own(alembic.failure)) is not None:
        return place
    ids = [one.id for one in alembic.revisions]
    lost = [one for one in alembic.revisions if set(one.down) - set(ids)]
    repeated = [one for at, one in enumerate(alembic.revisions) if one.id in ids[:at]]
    return next((one.location for one in (*lost, *repeated) if one.location is not None), alembic.config)


def _mended(said: str) -> str:
    if "more than once" in said:
        return "Give each migration a revision of its own: Alembic runs one of the two and forgets the other."
    if "is not present" in said:
        return "Add the file of the revision that is missing, or name the one that it really follows."
    return "Correct the migration, then run: alembic heads"


def _on_purpose(heads: list[Revision]) -> bool:
    """Branches with labels of their own, or in directories of their own."""
    labels = [set(one.labels) for one in heads]
    labelled = all(labels) and len({frozenset(one) for one in labels}) == len(heads)
    return labelled or len({one.directory for one in heads}) == len(heads)


def _latest(heads: list[Revision]) -> Location | None:
    """The head that was most likely added last, as far as the names of the files tell."""
    return max(
        (one.location for one in heads if one.location is not None),
        key=lambda place: place.file,
        default=None,
    )


def leaves(application: Application) -> Iterator[Fault]:
    """What stops ``manage.py migrate`` before it runs a migration."""
    django, app = application.django, application.app
    if app is None:
        if django.failure is not None:
            said = django.failure.message.partition("\n")[0]
            yield Fault(
                f"Django cannot load its migrations: {said}",
                "Correct the migration, then run: python manage.py showmigrations",
                django.location or _own(django.failure),
                f"{LOADED}: it raised {django.failure.type}",
            )
        return
    if app.leaves:
        names = [name for name, _ in app.leaves]
        places = [place for _, place in app.leaves if place is not None]
        yield Fault(
            f"{app.label} has {len(names)} last migrations, {joined(names)}: "
            "manage.py migrate refuses them and migrates nothing.",
            f"Merge them: python manage.py makemigrations --merge {app.label}"
            if app.own
            else "Install one version of the library alone.",
            max(places, key=lambda place: place.file, default=None),
            f"{LOADED}: they conflict",
            (("the last migrations", "\n".join(f"{name} ({place})" for name, place in app.leaves)),),
        )


def _own(failure: Failure) -> Location | None:
    """The line of the application's own that raised."""
    return failure.location if any(frame.own for frame in failure.frames) else None
