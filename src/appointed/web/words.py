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
CONNECTION_STATES = {
    "in_step": ("In step", "circle-check", "good"),
    "catching_up": ("Catching up", "loader-circle", "busy"),
    "waiting": ("Waiting", "hourglass", "busy"),
    "needs_sign_in": ("Needs sign-in", "log-in", "bad"),
    "needs_approval": ("Needs approval", "shield-check", "bad"),
    "suspended": ("Suspended - review needed", "triangle-alert", "bad"),
    "paused": ("Paused", "pause", ""),
    "off": ("Off", "circle", ""),
}
STATE_REASONS = {
    "first_plan": "Look at the first plan; nothing is written before.",
    "many_creates": "Many new events: look at the plan, then press Sync now.",
    "manual": "Manual: press Sync now.",
    "calendar_gone": "The calendar is gone. Choose another one for bookings.",
    "read_only": "Bookings cannot be added: the calendar is read only.",
    "many_deletions": "This run would delete unusually much. Nothing has been written.",
    "provider": "The calendar does not answer; it is tried again by itself.",
}
ACTIONS = {
    "create": ("Add", "plus"),
    "update": ("Change", "pencil"),
    "delete": ("Delete", "trash-2"),
    "cancel": ("Cancel in the book", "ban"),
    "restore": ("Put back", "undo-2"),
    "adopt": ("Find again", "search"),
}
RUN_ERRORS = {
    "plan_outdated": "Something changed since this plan was made, and nothing of it was written. "
    "Look at a new plan.",
}
RUN_STATES = {
    "waiting": ("Waiting", "hourglass", "busy"),
    "running": ("Running", "loader-circle", "busy"),
    "done": ("Done", "circle-check", "good"),
    "failed": ("Failed", "circle-alert", "bad"),
    "suspended": ("Suspended - review needed", "triangle-alert", "bad"),
}
