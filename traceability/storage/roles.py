"""PostgreSQL roles (reference log.md §2.3): who owns the log's tables, who may queue, who may seal.

The owner cannot sign in. The web role reads everything, queues entries and works on the site's own tables; the
sequencer role (worker, operator's commands) seals besides. Neither can update, delete or truncate what is sealed, nor
disable a trigger: only an owner can.
"""

from collections.abc import Iterable

from traceability.storage.guards import HEAD, QUEUE, REDACTION, WRITTEN_ONCE

_DERIVED_BY_WEB = ("tlog_opening",)
"""Written beside an entry when it is recorded; erasing is a job of the worker."""


def role_statements(prefix: str, database: str, tables: Iterable[str], schema: str = "public") -> list[str]:
    """The statements that make `<prefix>_owner`, `<prefix>_web` and `<prefix>_sequencer` and give them their rights
    on these tables; repeating them is harmless. Run by a superuser after every migration that makes tables."""
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


def _role(name: str, *, login: bool) -> str:
    how = "LOGIN" if login else "NOLOGIN"
    return (
        f"DO $$ BEGIN CREATE ROLE \"{name}\" {how} NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
