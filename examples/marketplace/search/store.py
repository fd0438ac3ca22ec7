"""The vectors that we have, in a file."""

from __future__ import annotations

import json
import math
from pathlib import Path

from search.embeddings import embedding


class Store:
    """Text → vector."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.vectors: dict[str, list[float]] = json.loads(path.read_text()) if path.exists() else {}

    def add(self, text: str) -> None:
        """Remember a text."""
        if text not in self.vectors:
            self.vectors[text] = embedding(text)
            self.path.write_text(json.dumps(self.vectors))

    def nearest(self, text: str, count: int = 10) -> list[str]:
        """The texts that are closest to this one."""
        asked = embedding(text)
        return sorted(self.vectors, key=lambda known: math.dist(asked, self.vectors[known]))[:count]
