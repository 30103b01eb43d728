"""A market around the payments slice: orders of its own in the same database, the site's webhook on a real port."""

import threading
from datetime import timedelta

from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, update
from werkzeug.serving import make_server

from marketplace.database import db, transaction, utcnow
from marketplace.payments import queries, services
from marketplace.payments.models import Payment

metadata = MetaData()
order = Table("test_order", metadata, Column("reference", String(64), primary_key=True), Column("state", String(32)))
told = Table(
    "test_told",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String(64)),
    Column("what", String(32)),
)


class Orders:
    """A listener that keeps its orders in tables, so that a rollback takes back what it did."""

    def authorised(self, *, reference, now):
        moved = update(order).where(order.c.reference == reference, order.c.state == "PENDING_PAYMENT")
        wanted = db.session.execute(moved.values(state="PENDING_SELLER")).rowcount == 1
        self._note(reference, "authorised" if wanted else "unwanted")
        return wanted

    def captured(self, *, reference, now):
        db.session.execute(update(order).where(order.c.reference == reference).values(state="PAID"))
        self._note(reference, "captured")

    def failed(self, *, reference, now):
        db.session.execute(update(order).where(order.c.reference == reference).values(state="CANCELLED"))
        self._note(reference, "failed")

    @staticmethod
    def _note(reference, what):
        db.session.execute(insert(told).values(reference=reference, what=what))


class Market:
    """Drives payments as the orders slice would; the clock only moves when told."""

    def __init__(self, gateway, sandbox=None):
        self.gateway = gateway
        self.sandbox = sandbox
        self.now = utcnow()
        services.gateways.bind(gateway)
        services.listeners.bind(Orders())
        metadata.create_all(db.engine)

    def wait(self, **span):
        self.now += timedelta(**span)

    def buy(self, reference="M-1", shares=None):
        with transaction() as session:
            session.execute(insert(order).values(reference=reference, state="PENDING_PAYMENT"))
            url = "https://chonongsan.test/don-hang/" + reference
            shares = shares or {reference + "-A": 100_000, reference + "-B": 50_001}
            services.begin_card(reference=reference, shares=shares, return_url=url, now=self.now)
        return reference

    def expire(self, reference="M-1"):
        """T2, as orders do it: money first, then the order."""
        with transaction() as session:
            if not services.abandon(reference=reference, now=self.now):
                return False
            session.execute(update(order).where(order.c.reference == reference).values(state="EXPIRED"))
        return True

    def accept(self, reference="M-1", **amounts):
        for part, amount in amounts.items():
            services.answer_share(reference=reference, share=f"{reference}-{part}", accepted=amount, now=self.now)

    def work(self):
        """One run of the job, which sees what is stored now: on SQLite an open session reads an older state."""
        db.session.rollback()
        return services.run_due(self.now)

    def work_until_quiet(self):
        """Every call now due, and those they lead to."""
        for _ in range(8):
            self.work()

    def payment(self, reference="M-1"):
        db.session.rollback()
        return queries.payment_of(reference=reference)

    def intent_id(self, reference="M-1"):
        db.session.rollback()
        return db.session.scalar(select(Payment.provider_id).where(Payment.reference == reference))

    def pay(self, reference="M-1", card="pm_card_visa"):
        return self.sandbox.buyer(self.intent_id(reference), card)

    def order_state(self, reference="M-1"):
        db.session.rollback()
        return db.session.scalar(select(order.c.state).where(order.c.reference == reference))

    def told(self, reference="M-1"):
        db.session.rollback()
        return list(db.session.scalars(select(told.c.what).where(told.c.reference == reference).order_by(told.c.id)))

    def count(self, model):
        db.session.rollback()
        return db.session.scalar(select(func.count()).select_from(model))


class Site:
    """The app behind a real socket, in this process."""

    def __init__(self, app):
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.webhook = self.url + "/webhooks/stripe"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def kinds(sandbox, wanted):
    """How many events of a kind the gateway has had."""
    return [event["type"] for event in sandbox.see()["event"]].count(wanted)


def refunded_at_gateway(sandbox):
    """Đồng the gateway really gave back."""
    return sum(refund["amount"] for refund in sandbox.see()["refund"] if refund["status"] == "succeeded")
