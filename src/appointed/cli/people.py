"""The first user, the set-up code, keys of programs."""

from __future__ import annotations

import sys
from argparse import Namespace

from django.conf import settings

from appointed.book import setting_up
from appointed.book.access import Role
from appointed.book.selectors.people import practice_id_of
from appointed.book.services import practices
from appointed.cli.installation import installation
from appointed.cli.parser import DEFAULT_HOST, DEFAULT_PORT
from appointed.cli.problems import CommandFailed


def create_owner(arguments: Namespace) -> None:
    """Make an owner; without a password print the link under which he chooses one."""
    password = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else None
    with installation():
        user = practices.create_owner(
            email=arguments.email,
            password=password,
            practice_name=arguments.practice,
            name=arguments.name,
        )
        if not setting_up.has_password(user):
            print(f"{_public_url()}/set-up/{user}/{setting_up.setup_token(user)}")


def setup_code(_arguments: Namespace) -> None:
    """Print the code that the first page asks for, while it asks."""
    with installation():
        if not setting_up.is_fresh():
            raise CommandFailed("the set-up is over: there is an owner. Sign in instead.")
    print(setting_up.setup_code())


def api_key(arguments: Namespace) -> None:
    """Print a new key, once, alone on standard output."""
    with installation():
        key = practices.create_api_key(
            practice_id=practice_id_of(arguments.practice),
            name=arguments.name,
            role=Role(arguments.role),
            practitioner=arguments.practitioner,
        )
    print(key)


def _public_url() -> str:
    return settings.APPOINTED_PUBLIC_URL or f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
