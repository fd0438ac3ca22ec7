"""What bodies claim of dependencies."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import Answer, Control, Expectation
from pytest_prodready.health.claims import asked_without, claim

DATABASE = Control("DATABASE_URL", "database", variables=("DATABASE_URL",))
REDIS = Control("REDIS_URL", "redis", variables=("REDIS_URL",))
BROKER = Control("CELERY_BROKER_URL", "redis", variables=("CELERY_BROKER_URL",))


@pytest.mark.parametrize(
    "control, body, expected",
    [
        (DATABASE, {"status": "ok", "database": "ok"}, '"database": "ok"'),
        (DATABASE, {"checks": {"db_connected": True}}, '"db_connected": true'),
        (DATABASE, {"DatabaseBackend": "working"}, '"DatabaseBackend": "working"'),
        (DATABASE, {"checks": {"pg:connections": [{"status": "pass"}]}}, '"pg:connections": "pass"'),
        (DATABASE, {"components": [{"name": "db", "status": "UP"}]}, '"db": "UP"'),
        (REDIS, {"redis": {"status": "healthy", "latency": 3}}, '"redis": "healthy"'),
        (BROKER, {"celery": "ok"}, '"celery": "ok"'),
        # no claims: of another thing, of a setting, of nothing, of trouble
        (DATABASE, {"status": "ok"}, ""),
        (DATABASE, {"redis": "ok"}, ""),
        (DATABASE, {"database": "down"}, ""),
        (DATABASE, {"database": {"status": "ok", "connected": False}}, ""),
        (DATABASE, {"database": "shop"}, ""),
        (DATABASE, {"database_migrated": True}, ""),
        (REDIS, {"redis_enabled": True}, ""),
        (REDIS, {"cache": "ok"}, ""),
        (REDIS, {"celery": "ok"}, ""),
        (DATABASE, ["database", "ok"], ""),
        (DATABASE, None, ""),
    ],
)  # fmt: skip
def test_claims(control: Control, body: object, expected: str) -> None:
    assert claim(Answer("/health", status=200, json=body), control) == expected


def test_only_a_success_claims_anything() -> None:
    said: object = {"database": "ok", "redis": "down"}
    assert claim(Answer("/health", status=503, json=said), DATABASE) == ""
    assert claim(Answer("/health", status=200, json=said, error="it was cut off"), DATABASE) == ""


def test_asked_are_the_endpoints_that_production_probes() -> None:
    every = (
        Expectation("/reports"),
        Expectation("/ready", role="ready"),
        Expectation("/health", found=True),
        Expectation("/live", method="HEAD", role="live"),
        Expectation("/admin/ready", role="ready", headers={"X": "env:X"}, refuse_without=("X",)),
    )
    assert asked_without(every) == [1, 2]
