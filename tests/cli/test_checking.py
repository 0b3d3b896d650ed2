"""Each fault is planted and found by its id; what is right is silent."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from appointed.cli.checking import (
    Chosen,
    Machine,
    machine_faults,
    server_faults,
    setting_faults,
)
from support.commands import run_command

RIGHT = Chosen(
    secret_key="x" * 50,
    encryption_keys=(Fernet.generate_key().decode(),),
    public_url="https://book.example.org",
    email_url="smtp://u:p@mail.example.org",
    email_from="Practice <book@example.org>",
    allowed_private_hosts=("10.1.2.3",),
    poll_seconds=None,
)
SETTINGS = {
    "secret-key": {"secret_key": "short"},
    "encryption-keys": {"encryption_keys": (RIGHT.encryption_keys[0], "no key")},
    "public-url": {"public_url": ""},
    "public-url-http": {"public_url": "http://book.example.org"},
    "public-url-path": {"public_url": "https://example.org/book"},
    "email": {"email_url": ""},
    "email-url": {"email_url": "mail.example.org"},
    "email-from": {"email_from": ""},
    "allowed-private-hosts": {"allowed_private_hosts": ("0.0.0.0/0",)},
    "poll-seconds": {"poll_seconds": 3},
}
SERVER = {"version": 180_006, "drift": 0.1, "connections": 50}
SERVERS = {
    "database-version": {"version": 140_012},
    "database-clock": {"drift": 60.0},
    "database-connections": {"connections": 20},
}
NOW = 4e9


def machine(data_dir: Path) -> Machine:
    return Machine(data_dir, free_bytes=10**10, clock=NOW)


@pytest.mark.parametrize(("expected", "planted"), SETTINGS.items(), ids=SETTINGS)
def test_a_fault_of_a_setting_has_its_id_and_a_remedy(expected, planted):
    [fault] = setting_faults(replace(RIGHT, **planted))

    assert fault.id == expected
    assert fault.remedy.endswith(".")


def test_settings_that_are_right_are_silent():
    assert not list(setting_faults(RIGHT))


@pytest.mark.parametrize(("expected", "planted"), SERVERS.items(), ids=SERVERS)
def test_a_fault_of_the_server_has_its_id(expected, planted):
    [fault] = server_faults(**{**SERVER, **planted})

    assert fault.id == expected


def test_a_server_that_is_right_is_silent():
    assert not list(server_faults(**SERVER))


def test_a_full_disk_is_a_fault(tmp_path: Path):
    [fault] = machine_faults(replace(machine(tmp_path), free_bytes=10**6))

    assert fault.id == "disk"


def test_a_clock_behind_our_own_files_is_a_fault(tmp_path: Path):
    [fault] = machine_faults(replace(machine(tmp_path), clock=0.0))

    assert fault.id == "clock"


def test_a_data_directory_that_cannot_be_written_is_a_fault(tmp_path: Path):
    [fault] = machine_faults(machine(tmp_path / "missing"))

    assert fault.id == "data-dir"


def test_a_machine_that_is_right_is_silent(tmp_path: Path):
    assert not list(machine_faults(machine(tmp_path)))


@pytest.mark.slow
def test_the_command_names_what_is_missing_for_programs_to_read(data_dir: Path):
    done = run_command(data_dir, "check", "--json")

    ids = {fault["id"]: fault["serious"] for fault in json.loads(done.stdout)["faults"]}
    assert ids == {"public-url": False, "email": False, "schema": True}
    assert done.returncode == 1


@pytest.mark.slow
def test_a_password_in_a_mail_url_is_not_repeated(data_dir: Path):
    done = run_command(data_dir, "check", APPOINTED_EMAIL_URL="smtp://u:geheim@h:x")

    assert "email-url" in done.stdout
    assert "geheim" not in done.stdout + done.stderr
