"""The rows of the book, by topic."""

from appointed.book.models.appointments import Appointment, AppointmentPractitioner, Occurrence
from appointed.book.models.clients import Client, Service
from appointed.book.models.people import ApiKey, Membership, Practitioner, User, WorkingHours
from appointed.book.models.practices import Practice
from appointed.book.models.records import AuditEntry, Change, HistoryEntry, KeptAnswer, Notice

__all__ = [
    "ApiKey",
    "Appointment",
    "AppointmentPractitioner",
    "AuditEntry",
    "Change",
    "Client",
    "HistoryEntry",
    "KeptAnswer",
    "Membership",
    "Notice",
    "Occurrence",
    "Practice",
    "Practitioner",
    "Service",
    "User",
    "WorkingHours",
]
