"""Django's settings, from the environment of `environment.py`; nothing here asks a database."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF

from appointed import postgres
from appointed.config.environment import Environment, read_environment
from appointed.config.keys import load_or_make_keys

django_stubs_ext.monkeypatch()


def database_of(environment: Environment) -> dict[str, Any]:
    """Return Django's description of the database that the environment names."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        **(
            _by_url(environment.database_url)
            if environment.database_url
            else _embedded(environment)
        ),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
    }


def _pool(options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "pool": {"min_size": 1, "max_size": 20, "timeout": 20}}


def _embedded(environment: Environment) -> dict[str, Any]:
    facts = postgres.connection_facts(environment.data_dir)
    return {
        "HOST": str(facts.host),
        "USER": facts.user,
        "NAME": facts.dbname,
        "OPTIONS": _pool({}),
    }


def _by_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": query.pop("port", "") or (str(parts.port) if parts.port else ""),
        "USER": query.pop("user", "") or unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "NAME": unquote(parts.path.lstrip("/")) or "appointed",
        "OPTIONS": _pool(query),
    }


ENVIRONMENT = read_environment()
KEYS = load_or_make_keys(ENVIRONMENT.data_dir)

SECRET_KEY = ENVIRONMENT.secret_key or KEYS.secret
APPOINTED_ENCRYPTION_KEYS = ENVIRONMENT.encryption_keys or KEYS.encryption
APPOINTED_DATA_DIR = ENVIRONMENT.data_dir
APPOINTED_PUBLIC_URL = ENVIRONMENT.public_url
APPOINTED_ALLOWED_PRIVATE_HOSTS = ENVIRONMENT.allowed_private_hosts
APPOINTED_POLL_SECONDS = ENVIRONMENT.poll_seconds
APPOINTED_TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
APPOINTED_DEMO_URL = ENVIRONMENT.demo_url
APPOINTED_EMAIL_URL = ENVIRONMENT.email_url
APPOINTED_EMAIL_FROM = ENVIRONMENT.email_from
APPOINTED_HOLD_SECONDS: int | None = None  # `demo` sets 20; elsewhere the connection's setting

DEBUG = False
ALLOWED_HOSTS = [urlsplit(ENVIRONMENT.public_url).hostname or "", "127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = [host for host in ALLOWED_HOSTS if host]
_HTTPS = ENVIRONMENT.public_url.startswith("https://")
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.public_url] if ENVIRONMENT.public_url else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "csp",
    "ninja",
    "procrastinate.contrib.django",
    "appointed.book",
    "appointed.notices",
    "appointed.sync",
    "appointed.web",
    "appointed.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "appointed.config.urls"
ASGI_APPLICATION = "appointed.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "appointed.web.demo.demo_links",
            ],
        },
    },
]

DATABASES = {"default": database_of(ENVIRONMENT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "book.User"
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.data_dir / "static"
SERVESTATIC_USE_FINDERS = True

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"appointed": {"level": "INFO"}},
}
