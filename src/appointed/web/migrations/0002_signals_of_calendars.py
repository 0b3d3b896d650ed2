"""The signal of the pages also follows the calendars: links, busy times, states."""

from django.db import migrations

PATHS = {
    "sync_connection": "practice_id FROM touched",
    "sync_link": (
        "owner.practice_id FROM touched"
        " JOIN book_practitioner AS owner ON owner.id = touched.practitioner_id"
    ),
    "sync_calendarchoice": (
        "owner.practice_id FROM touched"
        " JOIN book_practitioner AS owner ON owner.id = touched.practitioner_id"
    ),
    "sync_busytime": (
        "account.practice_id FROM touched"
        " JOIN sync_externalcalendar AS calendar ON calendar.id = touched.calendar_id"
        " JOIN sync_account AS account ON account.id = calendar.account_id"
    ),
}
WATCH = "".join(f"SELECT web_signal_watch('{table}', '{path}');\n" for table, path in PATHS.items())

# Every look writes to these two; only what the pages show of them is a signal.
STATES = """
CREATE FUNCTION web_signal_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO web_signal (practice_id) VALUES (NEW.practice_id) ON CONFLICT DO NOTHING;
    PERFORM pg_notify('appointed_signal', NEW.practice_id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER web_signal_state AFTER UPDATE ON sync_account FOR EACH ROW
WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.failures IS DISTINCT FROM NEW.failures)
EXECUTE FUNCTION web_signal_account();

CREATE FUNCTION web_signal_calendar() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE practice bigint;
BEGIN
    SELECT practice_id INTO practice FROM sync_account WHERE id = NEW.account_id;
    INSERT INTO web_signal (practice_id) VALUES (practice) ON CONFLICT DO NOTHING;
    PERFORM pg_notify('appointed_signal', practice::text);
    RETURN NULL;
END $$;

CREATE TRIGGER web_signal_state AFTER UPDATE ON sync_externalcalendar FOR EACH ROW
WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.name IS DISTINCT FROM NEW.name)
EXECUTE FUNCTION web_signal_calendar();
"""
FORGET = (
    "".join(
        f"DROP TRIGGER IF EXISTS web_signal_{kind} ON {table};\n"
        for table in PATHS
        for kind in ("insert", "update", "delete")
    )
    + """
DROP FUNCTION web_signal_account() CASCADE;
DROP FUNCTION web_signal_calendar() CASCADE;
"""
)


class Migration(migrations.Migration):
    dependencies = [("web", "0001_signals"), ("sync", "0001_initial")]

    operations = [migrations.RunSQL(WATCH + STATES, FORGET)]
