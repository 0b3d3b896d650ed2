"""The half that looks at calendars and sends mails: wake-ups, the dispatcher, the outbox."""
