"""The signal of the pages: each transaction that touches what a practice sees adds one row."""

from django.db import migrations

STORE = """
CREATE TABLE web_signal (
    practice_id bigint NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    count bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, xid)
);

-- The trigger's argument says how the touched rows lead to their practice.
CREATE FUNCTION web_signal_touch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE practice bigint;
BEGIN
    FOR practice IN EXECUTE 'SELECT DISTINCT ' || TG_ARGV[0] LOOP
        INSERT INTO web_signal (practice_id) VALUES (practice) ON CONFLICT DO NOTHING;
        PERFORM pg_notify('appointed_signal', practice::text);
    END LOOP;
    RETURN NULL;
END $$;

-- Watch a table: after every statement that changed rows of it.
CREATE FUNCTION web_signal_watch(watched regclass, path text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER %s ON %s REFERENCING %s TABLE AS touched'
            ' FOR EACH STATEMENT EXECUTE FUNCTION web_signal_touch(%L)',
            'web_signal_' || kind, kind, watched,
            CASE kind WHEN 'delete' THEN 'OLD' ELSE 'NEW' END, path
        );
    END LOOP;
END $$;
"""

BY_PRACTICE = "practice_id FROM touched"
BY_PRACTITIONER = (
    "owner.practice_id FROM touched"
    " JOIN book_practitioner AS owner ON owner.id = touched.practitioner_id"
)
PATHS = {
    "book_practice": "id FROM touched",
    "book_appointment": BY_PRACTICE,
    "book_client": BY_PRACTICE,
    "book_service": BY_PRACTICE,
    "book_practitioner": BY_PRACTICE,
    "book_membership": BY_PRACTICE,
    "book_workinghours": BY_PRACTITIONER,
    "book_occurrence": BY_PRACTITIONER,
}
WATCH = "".join(f"SELECT web_signal_watch('{table}', '{path}');\n" for table, path in PATHS.items())
FORGET = """
DROP FUNCTION web_signal_touch() CASCADE;
DROP FUNCTION web_signal_watch(regclass, text);
DROP TABLE web_signal;
"""


class Migration(migrations.Migration):
    dependencies = [("book", "0001_initial")]

    operations = [migrations.RunSQL(STORE + WATCH, FORGET)]
