"""The curation portal."""
