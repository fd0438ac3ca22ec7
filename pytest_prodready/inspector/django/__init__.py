"""A Django project that an entry point has set up: its checks, receivers, settings, URLs and templates."""
