"""The first user, the set-up code, keys of programs."""

from __future__ import annotations

import sys
from argparse import Namespace
from uuid import UUID

from django.conf import settings

from appointed.book import setup
from appointed.book.access import Role
from appointed.book.errors import Refused
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
        if password is None:
            _print_link(user)


def setup_code(_arguments: Namespace) -> None:
    """Print the code that the first page asks for, while it asks."""
    with installation():
        if not setup.setup_is_open():
            raise CommandFailed("the set-up is over: there is an owner. Sign in instead.")
    print(setup.setup_code())


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


def _print_link(user: UUID) -> None:
    try:
        print(f"{_public_url()}{setup.setup_link(user)}")
    except Refused as fault:  # the owner is made all the same
        print(f"No link: {fault.message}", file=sys.stderr)


def _public_url() -> str:
    return settings.APPOINTED_PUBLIC_URL or f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
