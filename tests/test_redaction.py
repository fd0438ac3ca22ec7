from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.redaction import BLANK, Redactor

ENVIRON = {
    "SECRET_KEY": "k3y-of-the-app",
    "STRIPE_API_KEY": "sk_live_51Habc",
    "API_TOKEN": "tok.en+with(odd)chars",
    "DB_PASSWORD": "correct horse",
    "DB_PWD": "hunter222",
    "SENTRY_DSN": "https://abcdef0123@sentry.invalid/4",
    "DATABASE_URL": "postgresql+asyncpg://shop:s3cr3tpw@db:5432/shop",
    "BROKER_URL": "amqp://guest:p%40ss%2Fword@mq//",
    "REDIS_URL": "redis://:onlypassword@cache:6379/0",
    "ODD_URL": "mysql://u:at@sign99@db/x",
    "POSTGRES_PASSWORD": "postgres",
    "PIN_TOKEN": "1234",
    "HOME_TOKEN_FILE": str(Path.cwd()),
    "PRIVATE_KEY": "-----BEGIN " + "0123456789" * 100,
    "GIT_AUTHOR_NAME": "Johanna",
    "LANGUAGE": "english",
    "PWD": "/nowhere/at/all",
}
REDACTOR = Redactor(ENVIRON)


@pytest.mark.parametrize(
    "secret",
    [
        "k3y-of-the-app",
        "sk_live_51Habc",
        "tok.en+with(odd)chars",
        "correct horse",
        "hunter222",
        "https://abcdef0123@sentry.invalid/4",
        "s3cr3tpw",
        "p%40ss%2Fword",
        "p@ss/word",
        "onlypassword",
        "at@sign99",
        "-----BEGIN " + "0123456789" * 100,
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "x={}", "'{}'", "the value {} is refused", "a\n{}\nb", "https://h/?k={}&x=1"]
)
def test_secrets_are_blanked_wherever_they_turn_up(secret: str, around: str) -> None:
    """Values of variables whose names say secret, and passwords of URLs, encoded and decoded."""
    shown = REDACTOR.blank(around.format(secret))
    assert secret not in shown
    assert BLANK in shown


@pytest.mark.parametrize("text", ["keysk_live_51Habcx", "tokens3cr3tpw", "_hunter222_"])
def test_a_secret_glued_to_other_letters_is_blanked(text: str) -> None:
    """What is no plain word is a secret also as a part of something longer."""
    assert BLANK in REDACTOR.blank(text)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql is the dialect",
        "no module named 'postgres_driver'",
        "line 1234 of app.py",
        "written by Johanna in english",
        f"in {Path.cwd()}",
        "https://example.invalid:8000/path",
        "time 12:30, ratio 3:4, user@host",
        "",
    ],
)
def test_everyday_text_stays(text: str) -> None:
    """Parts of words, short values, paths and addresses without a login are no secrets."""
    assert REDACTOR.blank(text) == text


def test_the_password_that_is_a_word_is_blanked_as_a_word() -> None:
    """As a whole word only."""
    assert REDACTOR.blank("password postgres for postgresql") == f"password {BLANK} for postgresql"


@pytest.mark.parametrize(
    "text, shown",
    [
        ("postgresql://u:never-seen@h/db", f"postgresql://u:{BLANK}@h/db"),
        ("redis://:never-seen@h", f"redis://:{BLANK}@h"),
        ("password=never-seen host=h", f"password={BLANK} host=h"),
        ('{"api_key": "never-seen"}', f'{{"api_key": "{BLANK}"}}'),
        ("?token=never-seen&x=1", f"?token={BLANK}&x=1"),
    ],
)
def test_secrets_that_no_variable_holds(text: str, shown: str) -> None:
    """A password in a URL, and a value that the text itself calls secret, are blanked too."""
    assert REDACTOR.blank(text) == shown


def test_values_inside_of_json() -> None:
    """Every string of a JSON value is blanked, and nothing else is touched."""
    value = {"a": ["s3cr3tpw", 1, None, {"b": "x s3cr3tpw"}], "c": True}
    assert REDACTOR.blank_value(value) == {"a": [BLANK, 1, None, {"b": f"x {BLANK}"}], "c": True}


def exists(text: str) -> bool:
    """Whether there is a file of this name: paths are no secrets."""
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


@given(st.text(min_size=6).filter(lambda text: not exists(text)), st.text())
def test_no_secret_survives(secret: str, text: str) -> None:
    """Whatever a secret looks like, it is not in the blanked text where it stood between spaces."""
    if "\0" in secret or secret in BLANK or secret.strip() != secret:
        return
    assert f" {secret} " not in Redactor({"API_TOKEN": secret}).blank(f"{text} {secret} ")


def test_nothing_is_blanked_without_an_environment() -> None:
    """No secrets, no blanks."""
    assert Redactor({}).blank("some text") == "some text"


@pytest.mark.parametrize(
    "line, shown",
    [
        ('SECRET = os.environ["APP_SECRET"]', 'SECRET = os.environ["APP_SECRET"]'),
        ("token = settings.token(request)", "token = settings.token(request)"),
        ('API_KEY = "never-seen"', f'API_KEY = "{BLANK}"'),
        ("connect(password='never-seen')", f"connect(password='{BLANK}')"),
        ('url = "postgresql://u:never-seen@h/db"', f'url = "postgresql://u:{BLANK}@h/db"'),
        ('x = "s3cr3tpw"', f'x = "{BLANK}"'),
    ],
)
def test_source_keeps_its_expressions_and_loses_its_secrets(line: str, shown: str) -> None:
    """A line of source that reads a secret shows no secret; one that holds a literal does."""
    assert REDACTOR.blank_source(line) == shown
