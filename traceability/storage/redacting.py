"""The statements by which a database lets one body row go, and only one that a `redact` entry names.

`tlog_withhold` (PostgreSQL) runs with its owner's rights, so that a role without DELETE on `tlog_body` can call it.
"""

_SQLITE_REFUSE = "SELECT RAISE(ABORT, '{table} refuses {what}: the log is append-only'); END"
_SQLITE_ANNOUNCED = """EXISTS (SELECT 1 FROM tlog_body WHERE seq = NEW.by_seq AND NEW.seq < NEW.by_seq
    AND json_extract(CAST(bytes AS TEXT), '$.t') = 'chonongsan/redact/1'
    AND json_extract(CAST(bytes AS TEXT), '$.ev.seq') = NEW.seq)"""
_POSTGRES_REFUSE = """RAISE EXCEPTION '% refuses %: the log is append-only', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';"""


def _sqlite(table: str, operation: str, condition: str = "") -> str:
    refuse = _SQLITE_REFUSE.format(table=table, what=operation)
    return f"CREATE TRIGGER {table}_no_{operation.lower()} BEFORE {operation} ON {table} {condition} BEGIN {refuse}"


REDACTING = {
    "sqlite": (
        "DROP TRIGGER tlog_body_no_delete",
        _sqlite("tlog_body", "DELETE", "WHEN NOT EXISTS (SELECT 1 FROM tlog_redaction WHERE seq = OLD.seq)"),
        _sqlite("tlog_redaction", "UPDATE"),
        _sqlite("tlog_redaction", "DELETE"),
        _sqlite(
            "tlog_redaction",
            "INSERT",
            f"WHEN EXISTS (SELECT 1 FROM tlog_redaction WHERE seq = NEW.seq) OR NOT {_SQLITE_ANNOUNCED}",  # noqa: S608 - our own words
        ),
    ),
    "postgresql": (
        f"""
        CREATE FUNCTION tlog_refuse_body() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM tlog_redaction WHERE seq = OLD.seq) THEN
            RETURN OLD;
          END IF;
          {_POSTGRES_REFUSE}
        END $$
        """,  # noqa: S608 - our own words
        f"""
        CREATE FUNCTION tlog_refuse_redaction() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' AND NEW.seq < NEW.by_seq AND EXISTS (
            SELECT 1 FROM tlog_body WHERE seq = NEW.by_seq
              AND convert_from(bytes, 'UTF8')::jsonb ->> 't' = 'chonongsan/redact/1'
              AND convert_from(bytes, 'UTF8')::jsonb #>> '{{ev,seq}}' = NEW.seq::text
          ) THEN
            RETURN NEW;
          END IF;
          {_POSTGRES_REFUSE}
        END $$
        """,  # noqa: S608 - our own words
        """
        CREATE FUNCTION tlog_withhold(withheld bigint) RETURNS void LANGUAGE sql SECURITY DEFINER
        SET search_path FROM CURRENT
        AS $$ DELETE FROM tlog_body WHERE seq = withheld AND EXISTS (SELECT 1 FROM tlog_redaction r WHERE r.seq = withheld) $$
        """,
        "DROP TRIGGER tlog_body_no_rows ON tlog_body",
        "CREATE TRIGGER tlog_body_no_rows BEFORE UPDATE OR DELETE ON tlog_body FOR EACH ROW"
        " EXECUTE FUNCTION tlog_refuse_body()",
        "ALTER TABLE tlog_body ENABLE ALWAYS TRIGGER tlog_body_no_rows",
        "CREATE TRIGGER tlog_redaction_no_rows BEFORE INSERT OR UPDATE OR DELETE ON tlog_redaction FOR EACH ROW"
        " EXECUTE FUNCTION tlog_refuse_redaction()",
        "ALTER TABLE tlog_redaction ENABLE ALWAYS TRIGGER tlog_redaction_no_rows",
        "CREATE TRIGGER tlog_redaction_no_truncate BEFORE TRUNCATE ON tlog_redaction FOR EACH STATEMENT"
        " EXECUTE FUNCTION tlog_refuse()",
        "ALTER TABLE tlog_redaction ENABLE ALWAYS TRIGGER tlog_redaction_no_truncate",
    ),
}
"""What migration 0012 does beyond making tables."""

NOT_REDACTING = {
    "sqlite": ("DROP TRIGGER tlog_body_no_delete", _sqlite("tlog_body", "DELETE")),
    "postgresql": (
        "DROP TRIGGER tlog_redaction_no_truncate ON tlog_redaction",
        "DROP TRIGGER tlog_redaction_no_rows ON tlog_redaction",
        "DROP TRIGGER tlog_body_no_rows ON tlog_body",
        "CREATE TRIGGER tlog_body_no_rows BEFORE UPDATE OR DELETE ON tlog_body FOR EACH ROW"
        " EXECUTE FUNCTION tlog_refuse()",
        "ALTER TABLE tlog_body ENABLE ALWAYS TRIGGER tlog_body_no_rows",
        "DROP FUNCTION tlog_withhold(bigint)",
        "DROP FUNCTION tlog_refuse_redaction()",
        "DROP FUNCTION tlog_refuse_body()",
    ),
}
"""The same back."""
