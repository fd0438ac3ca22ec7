"""The database: `from src.db import SessionLocal`."""

from __future__ import annotations

from src.db.session import SessionLocal, engine, run_in_session

__all__ = ["SessionLocal", "engine", "run_in_session"]
