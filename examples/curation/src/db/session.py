"""The engine and its sessions; nothing connects before the first query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from src.settings import settings

T = TypeVar("T")

engine = create_async_engine(settings.database_url, pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


def run_in_session(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run one piece of work in a transaction of its own, for tasks, which are not async."""

    async def run() -> T:
        try:
            async with SessionLocal.begin() as session:
                return await work(session)
        finally:
            # Pooled connections belong to this event loop, which ends here.
            await engine.dispose()

    return asyncio.run(run())
