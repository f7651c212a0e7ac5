"""What the database itself keeps: decisions and revisions are never changed, replaced or deleted."""

SQLITE_TRIGGERS = {
    "decision_is_never_changed": (
        "CREATE TRIGGER decision_is_never_changed BEFORE UPDATE ON decision "
        "BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END"
    ),
    "decision_is_never_deleted": (
        "CREATE TRIGGER decision_is_never_deleted BEFORE DELETE ON decision "
        "BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END"
    ),
    # INSERT OR REPLACE deletes without a DELETE trigger unless recursive_triggers is on.
    "decision_is_never_replaced": (
        "CREATE TRIGGER decision_is_never_replaced BEFORE INSERT ON decision WHEN EXISTS "
        "(SELECT 1 FROM decision WHERE campaign = NEW.campaign AND "
        "(number = NEW.number OR undoes = NEW.undoes)) "
        "BEGIN SELECT RAISE(ABORT, 'a decision is never replaced'); END"
    ),
    "revision_is_never_changed": (
        "CREATE TRIGGER revision_is_never_changed BEFORE UPDATE ON revision "
        "BEGIN SELECT RAISE(ABORT, 'a revision is never changed'); END"
    ),
    "revision_is_never_replaced": (
        "CREATE TRIGGER revision_is_never_replaced BEFORE INSERT ON revision WHEN EXISTS "
        "(SELECT 1 FROM revision WHERE item_id = NEW.item_id AND "
        "(number = NEW.number OR hash = NEW.hash)) "
        "BEGIN SELECT RAISE(ABORT, 'a revision is never replaced'); END"
    ),
}

POSTGRESQL_FUNCTION = (
    "CREATE OR REPLACE FUNCTION engaged_never() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a % is never changed or deleted', TG_TABLE_NAME; END $$"
)

POSTGRESQL_TRIGGERS = {
    "decision_is_never_changed": (
        "CREATE TRIGGER decision_is_never_changed BEFORE UPDATE OR DELETE ON decision "
        "FOR EACH ROW EXECUTE FUNCTION engaged_never()"
    ),
    "decision_is_never_emptied": (
        "CREATE TRIGGER decision_is_never_emptied BEFORE TRUNCATE ON decision "
        "FOR EACH STATEMENT EXECUTE FUNCTION engaged_never()"
    ),
    "revision_is_never_changed": (
        "CREATE TRIGGER revision_is_never_changed BEFORE UPDATE ON revision "
        "FOR EACH ROW EXECUTE FUNCTION engaged_never()"
    ),
}
