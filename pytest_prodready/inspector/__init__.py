"""Runs inside the target's interpreter: gathers facts, judges nothing, needs only the standard library.

The package is started by the path of ``bootstrap.py`` and never imported by the floors above. Its modules
return plain dicts of the form of the dataclasses in ``pytest_prodready.facts``; they import the target's
own libraries (Celery, SQLAlchemy, Django) inside functions, where the application has loaded them.
"""
