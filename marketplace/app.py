"""Composition root: the only module that knows every slice and binds them together."""

from flask import Flask
from sqlalchemy.engine import make_url
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace import cli, config, extensions, i18n, jobs, provenance
from marketplace.accounts import services as account_services
from marketplace.accounts import views as accounts
from marketplace.catalogue import views as catalogue
from marketplace.database import db, install_engine_events
from marketplace.lots import services as lot_services
from marketplace.lots import views as lots
from marketplace.officers import figures
from marketplace.officers import views as officers
from marketplace.orders import views as orders
from marketplace.orders.services.listener import PaymentListener
from marketplace.orders.services.timers import expire_due
from marketplace.pages import metrics, visits
from marketplace.pages import views as pages
from marketplace.payments import services as payment_services
from marketplace.payments import views as payments
from marketplace.payments.adapters.stripe import gateway_from
from marketplace.places import views as places
from marketplace.sellers import views as sellers
from marketplace.shop import scans
from marketplace.shop import views as shop
from marketplace.web import access, assets, errors, headers, logs, routing, templating

MAX_UPLOAD_BYTES = 64 * 1024 * 1024
BLUEPRINTS = (
    accounts.bp,
    catalogue.bp,
    figures.bp,
    lots.bp,
    officers.bp,
    orders.bp,
    pages.bp,
    payments.bp,
    places.bp,
    sellers.bp,
    shop.bp,
)


def create_app(settings: config.Settings | None = None) -> Flask:
    """Build the site. `settings` defaults to the environment's; raises BadSettings when they cannot work."""
    settings = settings or _from_environment()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.update(_flask_config(settings))
    app.extensions["settings"] = settings
    logs.configure(production=settings.production)
    _bind_extensions(app)
    logs.install(app)
    access.deny_by_default(app)
    errors.install(app)
    headers.install(
        app, payment_origin=_origin(settings.stripe_checkout_page), secure=settings.public_url.startswith("https://")
    )
    templating.install(app)
    assets.install(app)
    routing.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _bind_slices(app, settings)
    scans.install(app, measure=metrics.measure)
    if settings.trusted_proxies:  # outermost: all behind it must know the reader's own scheme and address
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    return app


def _from_environment() -> config.Settings:
    from dotenv import load_dotenv

    load_dotenv()
    return config.read()


def _flask_config(settings: config.Settings) -> dict:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": True} if "postgresql" in settings.database_url else {},
        "BABEL_DEFAULT_LOCALE": "vi",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "MAX_CONTENT_LENGTH": MAX_UPLOAD_BYTES,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 400,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.public_url.startswith("https://"),
        "PERMANENT_SESSION_LIFETIME": 60 * 60 * 24 * 30,
        "SEND_FILE_MAX_AGE_DEFAULT": 60 * 60,
        "WTF_CSRF_TIME_LIMIT": None,  # a farmer may leave a form open all day; the token still belongs to the session
        "RATELIMIT_ENABLED": settings.rate_limits,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "COMPRESS_MIMETYPES": [
            "text/html",
            "text/css",
            "text/javascript",
            "application/javascript",
            "application/json",
            "image/svg+xml",
            "text/plain",
        ],
        "TESTING": settings.environment == "test",
    }


def _bind_extensions(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        install_engine_events(db.engine)
    extensions.csrf.init_app(app)
    extensions.login.init_app(app)
    extensions.babel.init_app(app, locale_selector=i18n.select_locale)
    extensions.limiter.init_app(app)
    extensions.compress.init_app(app)
    batch = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).get_backend_name() == "sqlite"
    extensions.migrate.init_app(app, db, directory="migrations", render_as_batch=batch)


def _bind_slices(app: Flask, settings: config.Settings) -> None:
    """Hand each slice its collaborators; the order is that of the layers."""
    jobs.bind(app, settings)
    provenance.bind(app, settings, provenance.for_outsiders)
    provenance.watch(app)
    jobs.add(app, "checkpoint", lambda now: provenance.publish_checkpoint(now=now))
    jobs.add(app, "map", lambda now: provenance.add_map(now=now))
    jobs.add(app, "erasure", lambda now: provenance.erase_due(now=now))
    jobs.add(app, "witness", lambda now: provenance.gather_cosignatures(now=now))
    jobs.add(app, "audit", lambda now: provenance.audit_at_night(now=now))
    jobs.add(app, "archive", lambda now: provenance.archive_at_night(now=now))
    _bind_payments(app, settings)
    jobs.add(app, "lots", lot_services.close_expired)
    jobs.add(app, "orders", expire_due)
    jobs.add(app, "accounts", account_services.tidy)
    visits.install(app, in_background=settings.environment != "test")
    cli.install(app)


def _bind_payments(app: Flask, settings: config.Settings) -> None:
    gateway = gateway_from(
        api_base=settings.stripe_api_base, api_key=settings.stripe_api_key, checkout_page=settings.stripe_checkout_page
    )
    payment_services.gateways.bind(gateway)
    payment_services.listeners.bind(PaymentListener())
    jobs.add(app, "payments", payment_services.run_due)


def _origin(url: str) -> str:
    """Scheme and host of an address, for the CSP."""
    return "/".join(url.split("/")[:3]) if url else ""
