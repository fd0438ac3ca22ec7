"""Production's settings; what differs between machines comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from marketplace.environment import database, required

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = required("SECRET_KEY")
ALLOWED_HOSTS = required("ALLOWED_HOSTS").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "accounts",
    "directory",
    "finance",
    "jobs",
    "messaging",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {"default": database(required("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = required("EMAIL_HOST")
EMAIL_PORT = 587
EMAIL_USE_TLS = True
DEFAULT_FROM_EMAIL = "hello@marketplace.example"

# The platform ends TLS in front of us, and asks for /health and /ready without it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$"]
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

CELERY_BROKER_URL = required("CELERY_BROKER_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_BEAT_SCHEDULE = {
    "daily-financial-report": {
        "task": "finance.tasks.generate_daily_financial_report",
        "schedule": crontab(hour=3, minute=15),
    },
    "sync-stripe-payments": {
        "task": "finance.tasks.sync_stripe_payments",
        "schedule": crontab(minute="*/10"),
        "kwargs": {"hours": 1},
    },
    "publish-providers": {
        "task": "directory.tasks.publish_providers",
        "schedule": 3600.0,
    },
}

USE_TZ = True
STRIPE_API_KEY = os.environ.get("STRIPE_API_KEY", "")
VECTOR_STORE = Path(os.environ.get("VECTOR_STORE", BASE_DIR / "vectors.json"))

OPENAI_API_KEY = os.environ.get("OPENAI_API_KEY", "")
if not DEBUG and not OPENAI_API_KEY:
    raise ImproperlyConfigured("OPENAI_API_KEY must be set when DEBUG is off")
