"""The addresses of the phone."""

from __future__ import annotations

from django.urls import include, path

from appointed_standins.phone import mail_views, views

_PAGES = [
    path("", views.phones, name="phones"),
    path("mails/", mail_views.mails, name="mails"),
    path("mails/version", mail_views.version, name="mails-version"),
    path("mails/<str:name>", mail_views.mail, name="mail"),
    path("mails/<str:name>/page", mail_views.page, name="mail-page"),
    path("<slug:person>/", views.week, name="week"),
    path("<slug:person>/version", views.version, name="version"),
    path("<slug:person>/new", views.new, name="new"),
    path("<slug:person>/<str:calendar>/<str:name>", views.event, name="event"),
    path("<slug:person>/<str:calendar>/<str:name>/move", views.move, name="move"),
    path("<slug:person>/<str:calendar>/<str:name>/copy", views.copy, name="copy"),
    path("<slug:person>/<str:calendar>/<str:name>/delete", views.delete, name="delete"),
]

urlpatterns = [path("", include((_PAGES, "phone")))]
