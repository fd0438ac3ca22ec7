"""Follows values through the statements of a function, as far as their class is known."""
