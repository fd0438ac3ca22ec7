"""What endpoints ask for: a session, an administrator."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from src.db import SessionLocal
from src.settings import settings


async def session() -> AsyncIterator[AsyncSession]:
    """A session for each request; whoever changes something commits it, before the answer leaves."""
    async with SessionLocal() as opened:
        yield opened


def require_admin(x_admin_token: Annotated[str, Header()] = "") -> None:
    """Refuse whoever does not send the token; when none is set, that is everybody."""
    given, expected = x_admin_token.encode(), settings.admin_token.encode()
    if not expected or not secrets.compare_digest(given, expected):
        raise HTTPException(401, "The header X-Admin-Token is missing or wrong.")


Session = Annotated[AsyncSession, Depends(session)]
