"""The database that the application would use, read in a session that the server keeps read-only."""
