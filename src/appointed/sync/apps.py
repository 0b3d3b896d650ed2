"""The engine as a Django app."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """Accounts, links, busy times, runs."""

    name = "appointed.sync"
    label = "sync"
