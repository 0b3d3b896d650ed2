"""Clients."""

from __future__ import annotations

from django import forms

from appointed.web.forms.fields import PageForm


class ClientForm(PageForm):
    name = forms.CharField(
        label="Name",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter a name."},
    )
    phone = forms.CharField(
        label="Phone",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        required=False,
        help_text="Where the client is told of bookings, moves and cancellations.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "Please enter an e-mail address such as name@example.com."},
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
