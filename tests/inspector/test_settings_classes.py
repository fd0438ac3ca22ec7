"""What the application's pydantic settings classes need, seen in real interpreters."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_prodready.facts import SettingsField
from tests.inspector.projects import Project

pytest.importorskip("pydantic_settings")

HEAD = """\
from pydantic import AliasChoices, BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
"""


def fields(project: Project, text: str, **environ: str) -> dict[str, SettingsField]:
    seen = project.inspect({"app.py": HEAD + text}, environ={**os.environ, **environ})
    assert seen.problems == ()
    return {one.field: one for one in seen.entry.settings_fields}


def shown(found: dict[str, SettingsField]) -> dict[str, tuple[tuple[str, ...], str]]:
    return {name: (one.variables, one.state) for name, one in found.items()}


def test_names_and_states(project: Project) -> None:
    """Prefix, aliases and cases as pydantic takes them; fields with a default are no concern."""
    found = fields(
        project,
        """\
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="app_")
    plain: str
    present: SecretStr
    empty: str
    aliased: str = Field(validation_alias="OTHER_NAME")
    several: str = Field(validation_alias=AliasChoices("first_name", "SECOND_NAME"))
    optional: str = "x"
""",
        APP_PRESENT="hidden",
        app_empty="",
        SECOND_NAME="1",
    )
    assert shown(found) == {
        "plain": (("APP_PLAIN",), "unset"),
        "present": (("APP_PRESENT",), "set"),
        "empty": (("APP_EMPTY",), "empty"),
        "aliased": (("OTHER_NAME",), "unset"),
        "several": (("FIRST_NAME", "SECOND_NAME"), "set"),
    }
    assert found["plain"].settings == "app.Settings"
    assert not found["plain"].built
    assert str(found["aliased"].location) == "app.py:8"


def test_exact_case(project: Project) -> None:
    text = """\
class Settings(BaseSettings):
    model_config = SettingsConfigDict(case_sensitive=True)
    Api_Key: str
"""
    assert shown(fields(project, text, API_KEY="1")) == {"Api_Key": (("Api_Key",), "unset")}


def test_models_within(project: Project) -> None:
    """A model is filled by variables of its own behind the delimiter, or by one that holds all of it."""
    text = """\
class Db(BaseModel):
    host: str
    port: int = 5432
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_nested_delimiter="__")
    db: Db
"""
    assert shown(fields(project, text)) == {"db.host": (("DB__HOST",), "unset")}
    assert shown(fields(project, text, DB__HOST="h")) == {"db.host": (("DB__HOST",), "set")}
    assert shown(fields(project, text, DB='{"host": "h"}')) == {"db": (("DB",), "set")}


def test_files_of_the_class(project: Project) -> None:
    (project.root / "prod.env").write_text("KEY=hidden\n")
    (project.root / "secrets").mkdir()
    (project.root / "secrets/token").write_text("hidden")
    text = """\
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file="prod.env", secrets_dir="secrets")
    key: str
    token: str
    other: str
"""
    states = {name: one.state for name, one in fields(project, text).items()}
    assert states == {"key": "file", "token": "file", "other": "unset"}


def test_who_builds_it(project: Project) -> None:
    """An instance that a module holds, and the lines that build one without arguments."""
    text = """\
from functools import lru_cache
class Built(BaseSettings):
    a: str
class Later(BaseSettings):
    b: str
class Given(BaseSettings):
    c: str
built = Built()
@lru_cache
def settings():
    return Later()
def maybe(on):
    if on:
        return Later()
def given():
    return Given(c="x")
"""
    found = fields(project, text, A="1")
    assert found["a"].built
    assert [(c.function, c.conditional, c.accessor, c.location.line) for c in found["b"].calls] == [
        ("settings", False, True, 13),
        ("maybe", True, False, 16),
    ]
    assert found["c"].calls == ()


def test_other_sources_are_not_known(project: Project) -> None:
    """A class with sources of its own says nothing of what it lacks."""
    text = """\
class Settings(BaseSettings):
    key: str
    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, **others):
        return (init_settings,)
"""
    assert fields(project, text) == {}


def test_a_start_that_fails_for_it(project: Project) -> None:
    """The fields are known although the module's body has raised."""
    seen = project.inspect({"app.py": HEAD + "class S(BaseSettings):\n    key: str\ns = S()\n"})
    assert seen.failure.type == "ValidationError"
    assert [(one.variables, one.state) for one in seen.entry.settings_fields] == [(("KEY",), "unset")]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="pydantic.v1 does not run on it")
def test_pydantic_1(project: Project) -> None:
    text = """\
from pydantic.v1 import BaseSettings, Field
class Settings(BaseSettings):
    key: str
    other: str = Field(..., env=["ONE", "TWO"])
    optional: str = "x"
    class Config:
        env_prefix = "app_"
"""
    assert shown(fields(project, text, TWO="1")) == {
        "key": (("APP_KEY",), "unset"),
        "other": (("ONE", "TWO"), "set"),
    }
