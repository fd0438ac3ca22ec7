"""A place in the tokens of a condition, and the steps to the next one."""

from __future__ import annotations

from pytest_prodready.rules.database.check_tokens import Token


class NotUnderstoodError(Exception):
    """The text is not of the kind that is read here."""


class Cursor:
    """Stands before one of the tokens, or at their end.

    Args:
        found: the tokens.

    Where something has to come next and does not, its methods raise :class:`NotUnderstoodError`.
    """

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self.at = 0

    @property
    def ended(self) -> bool:
        """Whether all tokens are behind."""
        return self.at >= len(self._tokens)

    def peek(self) -> Token | None:
        """The next token; ``None`` at the end."""
        return self._tokens[self.at] if self.at < len(self._tokens) else None

    def peek_word(self) -> str:
        """The next token in lower case, if it is a word; else empty."""
        token = self.peek()
        return token.text.lower() if token is not None and token.kind == "name" else ""

    def take(self) -> Token:
        """The next token, which is then behind; there has to be one."""
        token = self.peek()
        if token is None:
            raise NotUnderstoodError
        self.at += 1
        return token

    def word(self, word: str) -> bool:
        """Whether ``word`` is next; then it is behind."""
        found = self.peek_word() == word
        self.at += found
        return found

    def next_is(self, operator: str) -> bool:
        """Whether ``operator`` is next."""
        token = self.peek()
        return token is not None and token.kind == "operator" and token.text == operator

    def operator(self, operator: str) -> bool:
        """Whether ``operator`` is next; then it is behind."""
        found = self.next_is(operator)
        self.at += found
        return found

    def must(self, operator: str) -> None:
        """Go behind ``operator``, which has to be next."""
        if not self.operator(operator):
            raise NotUnderstoodError
