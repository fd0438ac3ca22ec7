"""The web application: `uvicorn src.main:app`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from src import observability
from src.api import circuit_breakers, gdpr, health, places
from src.db import engine


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Set logging up, and give the connections back at the end."""
    observability.configure()
    yield
    await engine.dispose()


app = FastAPI(title="Curation portal", version="1.4.0", lifespan=lifespan)
app.include_router(health.router)
app.include_router(gdpr.router)
app.include_router(circuit_breakers.router)
app.include_router(places.router)
