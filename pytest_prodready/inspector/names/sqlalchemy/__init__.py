"""What SQLAlchemy adds: the entities behind statements and results, and the names that queries ask for."""
