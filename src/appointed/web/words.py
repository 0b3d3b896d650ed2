"""The words of the interface for what the book stores."""

from __future__ import annotations

STATUSES = {
    #                  words, icon, tone
    "booked": ("Booked", "circle", ""),
    "confirmed": ("Confirmed", "check", "good"),
    "arrived": ("Arrived", "user-check", "good"),
    "in_session": ("In session", "circle-dot", "busy"),
    "done": ("Done", "check-check", ""),
    "did_not_arrive": ("Did not arrive", "user-x", "bad"),
    "cancelled": ("Cancelled", "ban", ""),
}
KINDS = {
    "client": "Client appointment",
    "casual": "Casual appointment",
    "meeting": "Meeting",
    "unavailable": "Unavailable",
}
SYNC_WORDS = {
    "in_step": ("In step", "circle-check", "good"),
    "waiting": ("Waiting", "hourglass", "busy"),
    "failed": ("Not in the calendar", "circle-alert", "bad"),
    "excluded": ("Left out", "circle", ""),
}
PROVIDERS = {
    "caldav": "CalDAV",
    "icloud": "iCloud",
    "google": "Google",
    "microsoft": "Microsoft 365",
    "exchange": "Exchange",
    "ical": "iCal link",
    "memory": "Memory",
}
STEPS = {
    "booked": "Booked",
    "booked_again": "Booked again",
    "moved": "Moved",
    "changed": "Changed",
    "handed_over": "Handed over",
    "status": "State changed",
    "cancelled": "Cancelled",
    "notice": "Mail",
}
CANCEL_REASONS = ("Better", "Worse", "Ill", "Away", "Work", "Other")
