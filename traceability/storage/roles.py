"""PostgreSQL roles (reference log.md §2.3): who owns the log's tables, who may queue, who may seal.

The owner cannot sign in. The web role reads everything, queues entries and works on the site's own tables; the
sequencer role (worker, operator's commands) seals besides. Neither can update, delete or truncate what is sealed, nor
disable a trigger: only an owner can.
"""

from collections.abc import Iterable, Sequence

from traceability.storage.guards import HEAD, QUEUE, REDACTION, REWRITABLE, WRITTEN_ONCE

_DERIVED_BY_WEB = ("tlog_opening",)
"""Written beside an entry when it is recorded; erasing is a job of the worker."""


def role_statements(
    prefix: str, database: str, tables: Iterable[str], schema: str = "public", swept: Sequence[str] = ()
) -> list[str]:
    """The statements that make `<prefix>_owner`, `<prefix>_web` and `<prefix>_sequencer` and give them their rights
    on these tables; repeating them is harmless. Run by a superuser after every migration that makes tables. The
    sequencer may write the log's tables and the site's tables `swept` anew without their deleted rows, by
    `tlog_sweep(table)` and `site_sweep(table)`."""
    owner, web, sequencer = (f'"{prefix}_{name}"' for name in ("owner", "web", "sequencer"))
    both = f"{web}, {sequencer}"
    names = sorted(tables)
    log = [name for name in names if name.startswith("tlog_")]
    site = [name for name in names if name not in log and name != "alembic_version"]
    statements = [
        *(_role(f"{prefix}_{name}", login=name != "owner") for name in ("owner", "web", "sequencer")),
        f'GRANT CONNECT ON DATABASE "{database}" TO {both}',
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {schema} TO {owner}, {both}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {both}",
        *(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.{name} TO {both}" for name in site),
    ]
    for name in log:
        statements += [
            f"ALTER TABLE {schema}.{name} OWNER TO {owner}",
            f"REVOKE ALL ON {schema}.{name} FROM {both}",
            f"GRANT SELECT ON {schema}.{name} TO {both}",
            *(f"GRANT {rights} ON {schema}.{name} TO {role}" for role, rights in _rights(name, web, sequencer)),
        ]
    withhold = f"FUNCTION {schema}.tlog_withhold(bigint)"  # runs with its owner's rights, so not everybody may call it
    statements += [
        f"ALTER {withhold} OWNER TO {owner}",
        f"REVOKE ALL ON {withhold} FROM PUBLIC, {both}",
        f"GRANT EXECUTE ON {withhold} TO {sequencer}",
    ]
    statements += _sweeper(schema, "tlog_sweep", (*QUEUE, *WRITTEN_ONCE, *REWRITABLE), sequencer)
    statements.append(f"ALTER FUNCTION {schema}.tlog_sweep(text) OWNER TO {owner}")
    if swept:
        statements += _sweeper(schema, "site_sweep", swept, sequencer)
    if "alembic_version" in names:
        statements.append(f"GRANT SELECT ON {schema}.alembic_version TO {both}")
    return statements


def _rights(table: str, web: str, sequencer: str) -> list[tuple[str, str]]:
    if table in QUEUE:
        return [(web, "INSERT"), (sequencer, "INSERT, DELETE")]
    if table == HEAD:
        return [(sequencer, "INSERT, UPDATE")]
    if table in (*WRITTEN_ONCE, REDACTION):
        return [(sequencer, "INSERT")]
    return [(sequencer, "INSERT, UPDATE, DELETE"), *([(web, "INSERT")] if table in _DERIVED_BY_WEB else [])]


def _sweeper(schema: str, name: str, tables: Sequence[str], sequencer: str) -> list[str]:
    """A function that runs with its owner's rights: VACUUM is the owner's alone and cannot run in a function, CLUSTER
    drops deleted rows just as well. It takes the named tables only, and leaves every row that is not deleted."""
    allowed = ", ".join(f"'{table}'" for table in tables)
    return [
        f"""
        CREATE OR REPLACE FUNCTION {schema}.{name}(of_table text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = {schema}, pg_temp AS $$
        DECLARE by_key text := (
          SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
          WHERE i.indrelid = format('{schema}.%I', of_table)::regclass AND i.indisprimary);
        BEGIN
          IF of_table IN ({allowed}) THEN
            EXECUTE format('CLUSTER VERBOSE {schema}.%I USING %I', of_table, by_key);
          ELSE
            RAISE EXCEPTION '% is not swept', of_table USING ERRCODE = 'insufficient_privilege';
          END IF;
        END $$
        """,  # noqa: S608 - our own words
        f"REVOKE ALL ON FUNCTION {schema}.{name}(text) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {schema}.{name}(text) TO {sequencer}",
    ]


def _role(name: str, *, login: bool) -> str:
    how = "LOGIN" if login else "NOLOGIN"
    return (
        f"DO $$ BEGIN CREATE ROLE \"{name}\" {how} NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
