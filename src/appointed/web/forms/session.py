"""Signing in, choosing a password, the first owner."""

from __future__ import annotations

from django import forms

from appointed.web.forms.fields import PageForm


def _new_password(label: str = "Password") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=500,
        strip=False,
        help_text="At least 12 characters. Pasting from a password manager works.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Enter a password of at least 12 characters."},
    )


class SignInForm(PageForm):
    email = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={"required": "Enter your e-mail address."},
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )


class PasswordForm(PageForm):
    password = _new_password("New password")


class OwnerForm(PageForm):
    name = forms.CharField(
        label="Your name",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your name."},
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Enter your e-mail address.",
            "invalid": "Enter an e-mail address such as name@example.com.",
        },
    )
    password = _new_password()
    code = forms.CharField(
        label="Set-up code",
        max_length=100,
        help_text="It stands in the server log. `appointed setup-code` shows it again.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Enter the set-up code from the server log."},
    )
