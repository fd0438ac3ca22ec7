"""Vectors from OpenAI."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

from django.conf import settings


def embedding(text: str) -> list[float]:
    """The vector of a text."""
    asked = Request(
        "https://api.openai.com/v1/embeddings",
        data=json.dumps({"model": "text-embedding-3-small", "input": text}).encode(),
        headers={"Authorization": f"Bearer {settings.OPENAI_API_KEY}", "Content-Type": "application/json"},
    )
    with urlopen(asked, timeout=10) as answer:
        return json.load(answer)["data"][0]["embedding"]
