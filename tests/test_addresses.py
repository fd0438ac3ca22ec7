"""Addresses in the environment: which are there, and what they become when they are pointed elsewhere."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import (
    Control,
    Entry,
    EnvironmentRead,
    InspectedEntry,
    Location,
    Service,
    SettingsField,
)
from pytest_prodready.health import addresses
from pytest_prodready.health.addresses import NoAddressError

LINE = Location("shop/settings.py", 3)
SETTING = Location("pyproject.toml", 9)


def web(*read: str, services: tuple[Service, ...] = (), fields: tuple[str, ...] = ()) -> InspectedEntry:
    return InspectedEntry(
        Entry("web", "shop:app", "a test"),
        environment_reads=tuple(EnvironmentRead(name, "required", "set", LINE) for name in read),
        settings_fields=tuple(SettingsField("S", name.lower(), (name,), "set", LINE) for name in fields),
        services=services,
    )


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("DATABASE_URL", "postgresql+asyncpg://a:b%40c@db:5/x?ssl=1", "postgresql+asyncpg://a:b%40c@127.0.0.1:9/x?ssl=1"),
        ("DATABASE_URL", "postgres://u@h1:1,h2:2/x", "postgres://u@127.0.0.1:9/x"),
        ("DATABASE_URL", "mysql://[::1]/x", "mysql://127.0.0.1:9/x"),
        ("MONGO_URL", "mongodb+srv://u:p@cluster.example.com/x", "mongodb://u:p@127.0.0.1:9/x"),
        ("REDIS_URL", "rediss://:secret@cache:6380/0", "rediss://:secret@127.0.0.1:9/0"),
        ("BROKER_URL", "amqp://a@r1//;amqp://a@r2//", "amqp://a@127.0.0.1:9//;amqp://a@127.0.0.1:9//"),
        ("KAFKA", "k1:9092,k2:9092", "127.0.0.1:9,127.0.0.1:9"),
    ],
)  # fmt: skip
def test_addresses_are_pointed_elsewhere_and_keep_all_else(name: str, value: str, expected: str) -> None:
    addresses.read(name, {name: value})
    assert addresses.pointed(name, {name: value}, 9) == {name: expected}


def test_a_host_is_pointed_elsewhere_with_its_port() -> None:
    environ = {"DB_HOST": "db", "POSTGRES_HOST": "pg.example.com", "POSTGRES_PORT": "6432"}
    assert addresses.read("DB_HOST", environ, ["DB_PORT"]) == addresses.Address(
        "database", "db", 5432, "DB_PORT"
    )
    assert addresses.read("POSTGRES_HOST", environ).place == ("pg.example.com", 6432)
    assert addresses.pointed("DB_HOST", environ, 9) == {"DB_HOST": "127.0.0.1", "DB_PORT": "9"}


@pytest.mark.parametrize(
    "value, reason",
    [
        ("", "X_URL is not set"),
        ("sqlite:///shop.db", "holds an address without a host"),
        ("postgresql:///shop?host=/var/run", "holds an address without a host"),
        ("postgresql://u@db/shop?host=other", "names its host in its query"),
        ("postgresql://[", "holds an address without a host"),
        ("some words", "holds no address"),
        ("db", "no variable beside it holds the port"),
    ],
)
def test_what_is_no_address(value: str, reason: str) -> None:
    with pytest.raises(NoAddressError, match=reason.replace("?", r"\?")):
        addresses.read("X_URL", {"X_URL": value})


def test_found_are_dependencies_that_the_application_reads() -> None:
    environ = {
        "DATABASE_URL": "postgresql://a:b@db/shop",
        "REPLICA_URL": "postgresql://a:b@db:5432/shop",
        "REDIS_URL": "redis://cache/0",
        "UNREAD_URL": "redis://other/0",
        "SENTRY_DSN": "https://key@sentry.example.com/1",
        "MYSQL_HOST": "legacy",
    }
    seen = web("DATABASE_URL", "SENTRY_DSN", "MYSQL_HOST", fields=("REDIS_URL",))
    assert addresses.plan((), seen, environ) == (
        Control("REDIS_URL", "redis", variables=("REDIS_URL",), location=LINE),
        Control("DATABASE_URL", "database", variables=("DATABASE_URL", "REPLICA_URL"), location=LINE),
    )
    with_port = web("MYSQL_HOST", "MYSQL_PORT")
    assert [one.dependency for one in addresses.plan((), with_port, environ)] == ["MYSQL_HOST"]
    assert addresses.plan((), None, environ) == ()


def test_found_are_addresses_that_a_field_of_that_name_holds() -> None:
    environ = {"SHOP_DATABASE_URL": "postgresql://a:b@localhost/shop", "CI_URL": "postgresql://localhost/ci"}
    held = Service("postgresql", "database", "127.0.0.1", 5432, "settings.database_url")
    assert [one.variables for one in addresses.plan((), web(services=(held,)), environ)] == [
        ("SHOP_DATABASE_URL", "CI_URL")
    ]


def test_declared_ones_are_tried_once_for_each_address_or_skipped() -> None:
    environ = {
        "REDIS_URL": "redis://localhost/0",
        "BROKER_URL": "redis://127.0.0.1:6379/1",
        "API_URL": "https://api.example.com/v1",
    }
    declared = ("REDIS_URL", "BROKER_URL", "API_URL", "DATABASE_URL")
    assert addresses.plan(declared, web("REDIS_URL"), environ, SETTING) == (
        Control("REDIS_URL, BROKER_URL", "redis", True, ("REDIS_URL", "BROKER_URL"), location=SETTING),
        Control("API_URL", "", True, ("API_URL",), location=SETTING),
        Control("DATABASE_URL", declared=True, skipped="DATABASE_URL is not set", location=SETTING),
    )
    assert addresses.plan((), web("REDIS_URL"), environ, SETTING) == ()  # dependencies = []
