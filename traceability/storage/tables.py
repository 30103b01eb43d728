"""The log's tables (reference log.md §2.2), the same on SQLite and PostgreSQL.

`tlog_pendinglot` holds the links of waiting entries, so that two writers cannot both queue number n of a lot. Tables
with a composite key have no hidden rowid on SQLite: through a rowid, INSERT OR REPLACE would reach any row.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

Number = BigInteger().with_variant(Integer(), "sqlite")

pending = Table(
    "tlog_pending",
    metadata,
    Column("qid", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("bytes", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

pendinglot = Table(
    "tlog_pendinglot",
    metadata,
    Column("lot", Text, primary_key=True),
    Column("n", Number, primary_key=True, autoincrement=False),
    Column("qid", Number, ForeignKey("tlog_pending.qid"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

entry = Table(
    "tlog_entry",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("leaf", LargeBinary, nullable=False),
    CheckConstraint("seq >= 0 AND length(leaf) = 32", name="tlog_entry_form"),
)

lotlink = Table(
    "tlog_lotlink",
    metadata,
    Column("lot", Text, primary_key=True),
    Column("n", Number, primary_key=True, autoincrement=False),
    Column("seq", Number, ForeignKey("tlog_entry.seq"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

body = Table(
    "tlog_body",
    metadata,
    Column("seq", Number, ForeignKey("tlog_entry.seq"), primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
    CheckConstraint("length(bytes) BETWEEN 1 AND 16384", name="tlog_body_form"),
)

tile = Table(
    "tlog_tile",
    metadata,
    Column("level", Number, primary_key=True, autoincrement=False),
    Column("idx", Number, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
    CheckConstraint("length(hashes) = 8192 AND length(root) = 32", name="tlog_tile_form"),
    sqlite_with_rowid=False,
)

head = Table(
    "tlog_head",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("size", Number, nullable=False),
    Column("edge", LargeBinary, nullable=False),
    CheckConstraint("id = 1 AND size >= 0", name="tlog_head_form"),
)

checkpoint = Table(
    "tlog_checkpoint",
    metadata,
    Column("size", Number, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    CheckConstraint("length(root) = 32", name="tlog_checkpoint_form"),
)

note = Table(
    "tlog_note",
    metadata,
    Column("size", Number, ForeignKey("tlog_checkpoint.size"), primary_key=True, autoincrement=False),
    Column("key_id", Text, primary_key=True),
    Column("at_ms", Number, primary_key=True, autoincrement=False),
    Column("line", Text, nullable=False),
    sqlite_with_rowid=False,
)

redaction = Table(
    "tlog_redaction",
    metadata,
    Column("seq", Number, ForeignKey("tlog_entry.seq"), primary_key=True, autoincrement=False),
    Column("by_seq", Number, ForeignKey("tlog_entry.seq"), nullable=False),
)
"""Entry `seq` is withheld, as the `redact` entry `by` says. Written once; it lets that body row be deleted."""

opening = Table(
    "tlog_opening",
    metadata,
    Column("entry_id", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("key_id", Text, nullable=False, index=True),
    Column("until", Text, nullable=False, index=True),
    Column("published", Boolean(create_constraint=False), nullable=False),
    Column("box", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Salt and value behind a commitment, encrypted. Deletable."""

erasure = Table(
    "tlog_erasure",
    metadata,
    Column("entry_id", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("by_id", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Which `erase` entry speaks of which erased value: found again without reading the log. Derived from it."""

map_state = Table(
    "tlog_map",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("seq", Number, nullable=False),
    Column("size", Number, nullable=False),
    Column("height", Number, nullable=False),
    Column("lots", Number, nullable=False),
    Column("root", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="tlog_map_form"),
)
"""The map entry that the buckets and nodes belong to. Derived, like them: it can be built again from the log."""

mapbucket = Table(
    "tlog_mapbucket",
    metadata,
    Column("idx", Number, primary_key=True, autoincrement=False),
    Column("records", LargeBinary, nullable=False),
)

mapnode = Table(
    "tlog_mapnode",
    metadata,
    Column("level", Number, primary_key=True, autoincrement=False),
    Column("idx", Number, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

DERIVED = (redaction, opening, erasure, map_state, mapbucket, mapnode)
"""Tables of migration 0012: what may be deleted or built again, and the list of announced redactions."""
