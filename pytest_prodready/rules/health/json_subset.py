"""Where a JSON body differs from the subset that was expected."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_prodready.redaction import BLANK


def differences(wanted: object, got: object, path: str = "") -> Iterator[str]:
    """Where ``got`` does not contain ``wanted``: of an object, only the keys that are wanted matter."""
    here = path or "the body"
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key, value in wanted.items():
            below = f"{path}.{key}" if path else key
            if key in got:
                yield from differences(value, got[key], below)
            else:
                yield f"{below}: expected {_shown(value)}, not there"
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for at, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from differences(one, other, f"{path}.{at}" if path else str(at))
    elif not _same(wanted, got):
        yield f"{here}: expected {_shown(wanted)}, got {_shown(got)}"


def _same(wanted: object, got: object) -> bool:
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, str) and isinstance(got, str) and BLANK in got:
        pieces = got.split(BLANK)  # what was blanked cannot be compared, and is not held against it
        return wanted.startswith(pieces[0]) and wanted.endswith(pieces[-1])
    return wanted == got


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:80] + " …"
