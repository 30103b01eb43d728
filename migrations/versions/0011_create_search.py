"""The search index: one row per product that everybody may see, kept by triggers so that no code path forgets it.

Columns of words: `name` (folded name), `marked` (name, variety, synonyms with their marks), `words` (all of it folded,
with categories, seller, and the place under its present and former names). SQLite: FTS5. PostgreSQL: text arrays
turned into tsvector, under one GIN index.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Words every place or none has in its name: they would make "xã" or "phở" find the whole market.
EMPTY_WORDS = ("thanh pho", "thi tran", "thi xa", "phuong", "quan", "huyen", "tinh", "xa", "can tho")

FORMER = """(SELECT {join}(former.search_key, ' ') FROM place_succession step
    JOIN place_unit former ON former.id = step.predecessor_id WHERE step.successor_id = seller.place_id)"""

WORDS = "product.search_key || ' ' || seller.search_key || ' ' || {place}"

VISIBLE = """FROM product JOIN seller ON seller.id = product.seller_id JOIN place_unit place ON place.id = seller.place_id
    WHERE product.state = 'listed' AND seller.state = 'approved'"""


def _place(join: str) -> str:
    """SQL for the words of a seller's place, old and new, without the empty ones."""
    text = f"' ' || place.search_key || ' ' || coalesce({FORMER.format(join=join)}, '') || ' '"
    for word in EMPTY_WORDS:
        text = f"replace({text}, ' {word} ', ' ')"
    return text


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        _upgrade_sqlite()
    else:
        _upgrade_postgresql()


def _upgrade_sqlite():
    words = WORDS.format(place=_place("group_concat"))
    select = f"SELECT product.id, product.name_key, product.marked_key, {words} {VISIBLE}"
    insert = f"INSERT INTO search_product (rowid, name, marked, words) {select}"
    of_product = "DELETE FROM search_product WHERE rowid = {row}.id;"
    of_seller = "DELETE FROM search_product WHERE rowid IN (SELECT id FROM product WHERE seller_id = NEW.id);"
    op.execute(
        "CREATE VIRTUAL TABLE search_product USING fts5(name, marked, words, tokenize=\"unicode61 remove_diacritics 0\", "
        "prefix='2 3')"
    )
    op.execute(insert)
    op.execute(
        "CREATE TRIGGER search_product_insert AFTER INSERT ON product WHEN NEW.state = 'listed' "
        f"BEGIN {insert} AND product.id = NEW.id; END"
    )
    op.execute(
        "CREATE TRIGGER search_product_update AFTER UPDATE OF state, name_key, marked_key, search_key, seller_id ON product "
        f"WHEN OLD.state = 'listed' OR NEW.state = 'listed' "
        f"BEGIN {of_product.format(row='OLD')} {insert} AND product.id = NEW.id; END"
    )
    op.execute(
        f"CREATE TRIGGER search_product_delete AFTER DELETE ON product BEGIN {of_product.format(row='OLD')} END"
    )
    op.execute(
        "CREATE TRIGGER search_seller_update AFTER UPDATE OF state, search_key, place_id ON seller "
        "WHEN OLD.state IS NOT NEW.state OR OLD.search_key IS NOT NEW.search_key OR OLD.place_id IS NOT NEW.place_id "
        f"BEGIN {of_seller} {insert} AND product.seller_id = NEW.id; END"
    )


def _upgrade_postgresql():
    words = WORDS.format(place=_place("string_agg"))
    op.execute(
        "CREATE TABLE search_product (product_id bigint PRIMARY KEY REFERENCES product (id) ON DELETE CASCADE, "
        "name_key text NOT NULL, name tsvector NOT NULL, marked tsvector NOT NULL, words tsvector NOT NULL)"
    )
    # array_to_tsvector takes our words as they are: the text-search parser would split and drop some.
    op.execute("""
        CREATE FUNCTION search_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT array_to_tsvector(array_remove(string_to_array($1, ' '), '')) $$
    """)
    insert = (
        "INSERT INTO search_product (product_id, name_key, name, marked, words) "
        f"SELECT product.id, product.name_key, search_words(product.name_key), search_words(product.marked_key), search_words({words}) {VISIBLE}"
    )
    op.execute(insert)
    op.execute("CREATE INDEX ix_search_product_words ON search_product USING gin (name, marked, words) WITH (fastupdate = off)")
    op.execute(f"""
        CREATE FUNCTION search_product_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN DELETE FROM search_product WHERE product_id = OLD.id; END IF;
            IF NEW.state = 'listed' THEN {insert} AND product.id = NEW.id; END IF;
            RETURN NULL;
        END $$
    """)
    op.execute(f"""
        CREATE FUNCTION search_seller_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM search_product WHERE product_id IN (SELECT id FROM product WHERE seller_id = NEW.id);
            {insert} AND product.seller_id = NEW.id;
            RETURN NULL;
        END $$
    """)
    op.execute(
        "CREATE TRIGGER search_product_insert AFTER INSERT ON product FOR EACH ROW EXECUTE FUNCTION search_product_changed()"
    )
    op.execute(
        "CREATE TRIGGER search_product_update AFTER UPDATE OF state, name_key, marked_key, search_key, seller_id ON product "
        "FOR EACH ROW WHEN (OLD.state = 'listed' OR NEW.state = 'listed') EXECUTE FUNCTION search_product_changed()"
    )
    op.execute(
        "CREATE TRIGGER search_seller_update AFTER UPDATE OF state, search_key, place_id ON seller FOR EACH ROW "
        "WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.search_key IS DISTINCT FROM NEW.search_key "
        "OR OLD.place_id IS DISTINCT FROM NEW.place_id) EXECUTE FUNCTION search_seller_changed()"
    )


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        for name in ("search_product_insert", "search_product_update", "search_product_delete", "search_seller_update"):
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE search_product")
        return
    for name, table in (
        ("search_product_insert", "product"), ("search_product_update", "product"), ("search_seller_update", "seller"),
    ):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in ("search_product_changed()", "search_seller_changed()"):
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP TABLE search_product")
    op.execute("DROP FUNCTION search_words(text)")
