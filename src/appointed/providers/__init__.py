"""What speaks to calendars: one port, one folder a provider, no Django and no database."""
