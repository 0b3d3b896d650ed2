"""The one look of every form."""

from __future__ import annotations

from typing import Any

from django import forms

PLAIN = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.HiddenInput)


class PageForm(forms.Form):
    """A form whose fields look like all others; errors stand above and beside the fields."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, PLAIN):
                known = field.widget.attrs.get("class", "")
                field.widget.attrs["class"] = f"entry {known}".strip()
