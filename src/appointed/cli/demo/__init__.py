"""`appointed demo`: the main job on one machine, with an invented practice and its calendars."""
