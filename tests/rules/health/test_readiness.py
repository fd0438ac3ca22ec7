"""What the bodies of health endpoints say, in the shapes that frameworks and libraries give them."""

from __future__ import annotations

import pytest

from pytest_prodready.rules.health.readiness import failing, is_half, verdict

HEALTH_JSON = {
    "status": "fail",
    "version": "1",
    "releaseId": "1.2.2",
    "notes": [""],
    "output": "failed",
    "checks": {
        "postgres:responseTime": [
            {"componentType": "datastore", "status": "pass", "observedValue": 250},
            {"componentType": "datastore", "status": "fail", "output": "connection refused"},
        ],
        "cpu:utilization": [{"status": "warn", "observedValue": 85}],
        "uptime": [{"observedValue": 1209600.245}],
    },
}
SPRING = {
    "status": "DOWN",
    "components": {
        "db": {"status": "DOWN", "details": {"error": "Connection to x refused"}},
        "diskSpace": {"status": "UP", "details": {"total": 1}},
        "mail": {"status": "OUT_OF_SERVICE"},
    },
}
PY_HEALTHCHECK = {
    "hostname": "x",
    "status": "failure",
    "timestamp": 1.0,
    "results": [
        {"checker": "redis_available", "output": "redis timeout", "passed": False, "expires": 2.0},
        {"checker": "postgres", "output": "all well", "passed": True, "expires": 2.0},
    ],
}
FASTAPI_HEALTHCHECK = {
    "status": "Unhealthy",
    "totalTimeTaken": "0:00:00.3",
    "entities": [
        {"alias": "postgres db", "status": "Unhealthy", "timeTaken": "0:00", "tags": ["db"]},
        {"alias": "reddit", "status": "Healthy", "timeTaken": "0:00", "tags": []},
    ],
}
TERMINUS = {
    "status": "error",
    "info": {"dns": {"status": "up"}},
    "error": {"db": {"status": "down", "message": "no route"}},
    "details": {"dns": {"status": "up"}, "db": {"status": "down", "message": "no route"}},
}


@pytest.mark.parametrize(
    "body, said",
    [
        (HEALTH_JSON, {"postgres:responseTime": "fail: connection refused"}),
        (SPRING, {"db": "DOWN: Connection to x refused", "mail": "OUT_OF_SERVICE"}),
        (PY_HEALTHCHECK, {"redis_available": "redis timeout"}),
        (FASTAPI_HEALTHCHECK, {"postgres db": "Unhealthy"}),
        (TERMINUS, {"db": "down: no route"}),
        ({"checks": {"database": "ok", "redis": "unavailable"}}, {"redis": "unavailable"}),
        ({"checks": {"a": True, "b": False}}, {"b": "false"}),
        ({"services": {"a": {"status": "up"}, "b": {"healthy": False}}}, {"b": "healthy: false"}),
        (
            {"dependencies": [{"name": "s3", "status": "error"}, {"name": "db", "status": "ok"}]},
            {"s3": "error"},
        ),
        ([{"name": "s3", "state": "down"}, {"name": "db", "state": "up"}, 3], {"s3": "down"}),
        (
            {
                "status": "unhealthy",
                "db": {"status": "unhealthy", "error": "gone"},
                "mq": {"status": "healthy"},
            },
            {"db": "unhealthy: gone"},
        ),
        ({"detail": {"database": "disconnected", "cache": "connected"}}, {"database": "disconnected"}),
        ({"database": "offline", "cache": "online"}, {"database": "offline"}),
        (
            {"Cache backend: default": "working", "DatabaseBackend": "unavailable: no\nroute"},
            {"DatabaseBackend": "unavailable: no route"},
        ),
        (
            {"MigrationsHealthCheck": "unexpected result: 3"},
            {"MigrationsHealthCheck": "unexpected result: 3"},
        ),
        ({"status": 503, "title": "Service Unavailable", "detail": "Database down"}, {}),
        ({"status": "error", "message": "failed"}, {}),
        ({"title": "Error", "reason": "timeout", "type": "error", "code": "down"}, {}),
        ({"details": {"error": "refused", "db": "down"}}, {"db": "down"}),
        (
            {"status": "warn", "checks": {"disk": {"status": "warn"}, "db": {"status": "pass"}}},
            {"disk": "warn"},
        ),
        ({"checks": {"log": "no errors", "jobs": "0 failed", "db": "ok (timeout 5 s)"}}, {}),
        ({"checks": None, "details": 3}, {}),
        ([], {}),
        (None, {}),
    ],
)
def test_the_dependencies_that_are_not_well(body: object, said: dict[str, str]) -> None:
    """Each shape names them, with what it says of each."""
    assert dict(failing(body)) == said


@pytest.mark.parametrize(
    "body",
    [
        {"status": "ok", "debug": False, "motto": "never fail", "service": "error-tracker"},
        {"status": "ok", "checks": {"migrations_pending": False, "disk": {"status": "warn"}}},
        {"message": "no error", "replicas": {"count": 0}},
    ],
)
def test_a_body_that_does_not_say_no_is_read_with_caution(body: object) -> None:
    """What may mean something else is no dependency that is down."""
    assert failing(body, cautious=True) == ()


def test_what_is_plain_counts_with_caution_too() -> None:
    """A part that has a word of its own, among checks or at the top."""
    body = {"status": "ok", "checks": {"cache": "down", "queue": True}}
    assert failing(body, cautious=True) == (("cache", "down"),)
    assert failing({"ok": True, "mq": {"status": "down"}}, cautious=True) == (("mq", "down"),)


@pytest.mark.parametrize(
    "body, word",
    [
        ({"status": "pass"}, ""),
        ({"status": "UP"}, ""),
        ({"status": "Healthy"}, ""),
        ({"status": 200, "title": "OK"}, ""),
        ({"healthy": True}, ""),
        ({"ready": True, "status": "available"}, ""),
        ("OK", ""),
        ([1], ""),
        ({"status": "fail"}, "fail"),
        ({"status": "OUT_OF_SERVICE"}, "OUT_OF_SERVICE"),
        ({"status": "failure"}, "failure"),
        ({"status": False}, "status: false"),
        ({"alive": False}, "alive: false"),
        ({"data": {"status": "down"}}, "down"),
        ({"health": {"state": "Unhealthy"}}, "Unhealthy"),
        ({"status": "warn"}, "warn"),
    ],
)
def test_the_word_for_the_whole(body: object, word: str) -> None:
    """Negative and half words and flags are found, positive ones are silence."""
    assert verdict(body) == word
    assert is_half(word) == (word == "warn")
