"""Asks the linters that are installed beside the gate; the gate is none itself."""
