"""The addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from appointed.web.views import (
    appointments,
    book,
    calendars,
    clients,
    export,
    live,
    session,
    settings,
    setup,
)

app_name = "web"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", book.book, name="book"),
    path("live", live.live, name="live"),
    path("sign-in", session.sign_in, name="sign-in"),
    path("sign-out", session.sign_out, name="sign-out"),
    path("welcome/<uuid:user>/<str:token>", session.welcome, name="welcome"),
    path("setup", setup.owner, name="setup"),
    path("setup/practice", setup.practice, name="setup-practice"),
    path("setup/people", setup.people, name="setup-people"),
    path("setup/hours", setup.hours, name="setup-hours"),
    path("setup/mail", setup.mail, name="setup-mail"),
    path("appointments/feed", book.feed, name="feed"),
    path("appointments/export.ics", export.export, name="export"),
    path("appointments/upload", export.upload, name="upload"),
    path("appointments/new", appointments.new_appointment, name="new-appointment"),
    path("appointments/clients", appointments.pick_client, name="pick-client"),
    path("appointments/<uuid:appointment>", appointments.appointment, name="appointment"),
    path(
        "appointments/<uuid:appointment>/edit",
        appointments.edit_appointment,
        name="edit-appointment",
    ),
    path(
        "appointments/<uuid:appointment>/move",
        appointments.move_appointment,
        name="move-appointment",
    ),
    path(
        "appointments/<uuid:appointment>/place",
        appointments.place_appointment,
        name="place-appointment",
    ),
    path("appointments/<uuid:appointment>/status", appointments.status, name="appointment-status"),
    path("appointments/<uuid:appointment>/cancel", appointments.cancel, name="cancel-appointment"),
    path("clients", clients.clients, name="clients"),
    path("clients/new", clients.new_client, name="new-client"),
    path("clients/<uuid:client>", clients.client, name="client"),
    path("clients/<uuid:client>/edit", clients.edit_client, name="edit-client"),
    path("settings", settings.settings, name="settings"),
    path("settings/practice", settings.practice, name="practice"),
    path("settings/people", settings.people, name="people"),
    path("settings/people/new", settings.new_person, name="new-person"),
    path("settings/people/<uuid:practitioner>", settings.practitioner, name="practitioner"),
    path("settings/people/<uuid:practitioner>/hours", settings.hours, name="hours"),
    path("settings/users/<uuid:user>", settings.member, name="member"),
    path("settings/users/<uuid:user>/remove", settings.remove_member, name="remove-member"),
    path("settings/users/<uuid:user>/link", settings.invite, name="invite"),
    path("settings/services", settings.services, name="services"),
    path("settings/services/new", settings.new_service, name="new-service"),
    path("settings/services/<uuid:service>", settings.service, name="service"),
    path("settings/keys", settings.keys, name="keys"),
    path("settings/keys/<uuid:key>/end", settings.revoke_key, name="revoke-key"),
    path("calendars", calendars.calendars, name="calendars"),
    path("calendars/connect", calendars.connect, name="connect"),
    path("calendars/<uuid:connection>/plan", calendars.plan, name="connection-plan"),
]
