"""The statements of SQL that make a table or a column, and the names that they give."""

from __future__ import annotations

import re

_WORD = r"(?:[\w$]+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\])"
_NAME = rf"(?:IF\s+NOT\s+EXISTS\s+|IF\s+EXISTS\s+|ONLY\s+)*({_WORD}(?:\s*\.\s*{_WORD})?)"
CREATE = re.compile(
    r"(?i)\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+|UNLOGGED\s+|FOREIGN\s+|MATERIALIZED\s+)*"
    rf"(?:TABLE|VIEW)\s+{_NAME}"
)
ALTER = re.compile(rf"(?i)\bALTER\s+TABLE\s+{_NAME}")
RENAME = re.compile(rf"(?i)\bRENAME\s+TO\s+{_NAME}")
DDL = re.compile(r"(?i)\b(CREATE|ALTER|RENAME)\b")


def schema_and_table(written: str) -> tuple[str, str]:
    """The two parts of a name in a statement, without quotes; the schema may be empty."""
    *schema, table = (part.strip('"`[]') for part in re.split(r"\s*\.\s*", written))
    return "".join(schema), table
