"""Measurements, each beside its comparison in the same run; nothing here passes or fails."""
