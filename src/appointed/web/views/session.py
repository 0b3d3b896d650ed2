"""Signing in and out, and the page where somebody who was let in chooses a password."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from appointed.book.errors import Invalid, Missing
from appointed.book.setup import setup_is_open, use_setup_link, user_of_link
from appointed.web.forms.session import PasswordForm, SignInForm
from appointed.web.pages import enter_faults

NOT_KNOWN = "That address and password do not belong together. Check both and try again."


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if setup_is_open():
        return redirect("web:setup")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        user = authenticate(request, username=typed["email"], password=typed["password"])
        if user is not None:
            login(request, user)
            return redirect(_next(request))
        form.add_error(None, NOT_KNOWN)
    context = {"form": form, "title": "Sign in", "next": _next(request)}
    return render(request, "web/sign_in.html", context, status=422 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "You are signed out.")
    return redirect("web:sign-in")


@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, user: UUID, token: str) -> HttpResponse:
    """Let somebody choose the password that his link stands for, once."""
    if user_of_link(user, token) is None:
        return render(request, "web/link_over.html", {"title": "Link used up"}, status=404)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            use_setup_link(user=user, token=token, password=form.cleaned_data["password"])
        except Invalid as fault:
            enter_faults(form, fault)
        except Missing:
            return render(request, "web/link_over.html", {"title": "Link used up"}, status=404)
        else:
            messages.success(request, "Your password is set. Sign in with it.")
            return redirect("web:sign-in")
    context = {"form": form, "title": "Choose your password"}
    return render(request, "web/welcome.html", context, status=422 if form.errors else 200)


def _next(request: HttpRequest) -> str:
    wished = request.POST.get("next") or request.GET.get("next") or "/"
    good = url_has_allowed_host_and_scheme(wished, allowed_hosts=None)
    return wished if good else "/"
