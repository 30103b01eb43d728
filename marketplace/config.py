"""Settings, read once from the environment; a missing production secret stops the start with one line."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEMO_SECRET = "demo-secret-that-never-works-in-production"  # noqa: S105 - refused below outside development
DEMO_STRIPE_KEY = "sk_test_demo"
DEMO_WEBHOOK_SECRET = "whsec_demo"  # noqa: S105 - refused below outside development

DEMO_OWNER = "Bản chạy thử, chưa có đơn vị chủ quản"


class BadSettings(SystemExit):
    """The environment cannot start the site; the message names the variable and what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between a laptop and the city's servers. One field per environment variable."""

    environment: str  # "development", "test" or "production"
    secret_key: str = field(repr=False)
    database_url: str
    data_dir: Path
    public_url: str
    log_origin: str
    redis_url: str = ""
    mail_url: str = ""
    signer_socket: str = ""
    log_sequencing: str = "inline"
    checkpoint_interval: int = 5
    log_export_dir: str = ""
    log_policy: Path | None = None
    log_witness_minutes: int = 10
    log_mirrors: tuple[str, ...] = ()
    stripe_api_base: str = ""
    stripe_api_key: str = field(default="", repr=False)
    stripe_webhook_secret: str = field(default="", repr=False)
    stripe_checkout_page: str = ""
    rate_limits: bool = True
    trusted_proxies: int = 0
    subject_keys_url: str = field(default="", repr=False)
    site_owner: str = ""
    site_address: str = ""
    site_phone: str = ""
    site_email: str = ""
    site_registration: str = ""
    release: str = "0.1.0"

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def site(self) -> dict[str, str]:
        """Who runs the site, for every page's foot (Law 122/2025/QH15 art. 4); what is not set is left out."""
        parts = {
            "owner": self.site_owner,
            "address": self.site_address,
            "phone": self.site_phone,
            "email": self.site_email,
            "registration": self.site_registration,
        }
        return {name: value for name, value in parts.items() if value}

    @property
    def uploads_dir(self) -> Path:
        return self.data_dir / "uploads"

    @property
    def signer_dir(self) -> Path:
        """Keys and state of the signer of a site on one machine. Outside the database and outside every backup."""
        return self.data_dir / "signer"

    @property
    def log_path(self) -> str:
        """Where the log is served: the end of its origin, so that a later log leaves the addresses of the one before."""
        found = re.search(r"/log/[1-9][0-9]{0,3}$", self.log_origin)
        return found[0] if found else "/log/1"

    @property
    def log_key_path(self) -> Path:
        """Where the key was before there was a signer."""
        return self.data_dir / "log.key"

    @property
    def key_history_path(self) -> Path:
        return self.data_dir / "key-history"


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Build Settings from the environment. Raises BadSettings (exit code 1, one clear line)."""
    environment = environ.get("CHO_ENV", "development")
    if environment not in {"development", "test", "production"}:
        raise BadSettings(f"CHO_ENV={environment!r}: expected development, test or production")
    production = environment == "production"
    data_dir = Path(environ.get("DATA_DIR", "instance")).resolve()
    database_url = _database_url(environ.get("DATABASE_URL", f"sqlite:///{data_dir / 'market.db'}"))
    port = environ.get("PORT", "8000")
    gateway = "" if production else f"http://127.0.0.1:{environ.get('SANDBOX_PORT', '8421')}"
    return Settings(
        environment=environment,
        secret_key=_secret(environ, "SECRET_KEY", DEMO_SECRET, production),
        database_url=database_url,
        data_dir=data_dir,
        public_url=_public_url(environ, f"http://127.0.0.1:{port}", production),
        log_origin=environ.get("LOG_ORIGIN", "" if production else "localhost/log/1") or _required("LOG_ORIGIN"),
        **_of_log(environ, environment, database_url),
        redis_url=environ.get("REDIS_URL", ""),
        mail_url=environ.get("MAIL_URL", ""),
        stripe_api_base=environ.get("STRIPE_API_BASE", gateway),
        stripe_api_key=_card_secret(environ, "STRIPE_API_KEY", DEMO_STRIPE_KEY, production),
        stripe_webhook_secret=_card_secret(environ, "STRIPE_WEBHOOK_SECRET", DEMO_WEBHOOK_SECRET, production),
        stripe_checkout_page=environ.get("STRIPE_CHECKOUT_PAGE", f"{gateway}/pay" if gateway else ""),
        rate_limits=environ.get("RATE_LIMITS", "on") != "off",
        trusted_proxies=_count(environ, "TRUSTED_PROXIES"),
        subject_keys_url=_database_url(
            environ.get("SUBJECT_KEYS_URL", f"sqlite:///{data_dir / 'keys' / 'subjects.db'}")
        ),
        site_owner=environ.get("SITE_OWNER", "" if production else DEMO_OWNER) or _required("SITE_OWNER"),
        site_address=environ.get("SITE_ADDRESS", ""),
        site_phone=environ.get("SITE_PHONE", ""),
        site_email=environ.get("SITE_EMAIL", ""),
        site_registration=environ.get("SITE_REGISTRATION", ""),
    )


def _of_log(environ: Mapping[str, str], environment: str, database_url: str) -> dict[str, Any]:
    """How the log is sealed, signed, exported and witnessed."""
    return {
        "signer_socket": _signer_socket(environ, environment == "production"),
        "log_sequencing": _sequencing(environ, environment, database_url),
        "checkpoint_interval": _count(environ, "CHECKPOINT_INTERVAL", "5"),
        "log_export_dir": environ.get("LOG_EXPORT_DIR", ""),
        "log_policy": _file(environ, "LOG_POLICY"),
        "log_witness_minutes": _count(environ, "LOG_WITNESS_MINUTES", "10"),
        "log_mirrors": _addresses(environ, "LOG_MIRRORS"),
    }


def _required(name: str) -> str:
    raise BadSettings(f"{name} is not set. In production it must be set in the environment; see README, Settings.")


def _secret(environ: Mapping[str, str], name: str, demo: str, production: bool) -> str:
    value = environ.get(name, "" if production else demo)
    if production and (not value or value == demo or len(value) < 32):
        raise BadSettings(f"{name} is missing, too short (32 characters) or the demo value. Set a long random one.")
    return value


def _signer_socket(environ: Mapping[str, str], production: bool) -> str:
    """In production the log's key is not in the web's hands: a process of its own signs."""
    value = environ.get("SIGNER_SOCKET", "")
    if production and not value:
        raise BadSettings("SIGNER_SOCKET is not set: run `python -m traceability signer` and name its socket; see docs/operation.md.")
    return value


def _sequencing(environ: Mapping[str, str], environment: str, database_url: str) -> str:
    batch = database_url.startswith("postgresql") and environment != "test"
    value = environ.get("LOG_SEQUENCING", "batch" if batch else "inline")
    if value not in {"inline", "batch"}:
        raise BadSettings(f"LOG_SEQUENCING={value!r}: expected inline or batch")
    return value


def _card_secret(environ: Mapping[str, str], name: str, demo: str, production: bool) -> str:
    """Card payment is switched on by STRIPE_API_BASE; without it the two secrets may be absent."""
    value = environ.get(name, "" if production else demo)
    if production and environ.get("STRIPE_API_BASE") and (not value or value == demo):
        raise BadSettings(f"{name} is missing or the demo value, but STRIPE_API_BASE is set.")
    return value


def _public_url(environ: Mapping[str, str], default: str, production: bool) -> str:
    value = environ.get("PUBLIC_URL", "" if production else default).rstrip("/")
    if not value:
        _required("PUBLIC_URL")
    if production and not value.startswith("https://"):
        raise BadSettings("PUBLIC_URL must begin with https:// in production: it is printed in every code.")
    return value


def _database_url(url: str) -> str:
    """psycopg 3 is the one PostgreSQL driver, whichever short form the operator typed."""
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name, "")
    if value and not Path(value).is_file():
        raise BadSettings(f"{name}={value!r}: there is no such file")
    return Path(value).resolve() if value else None


def _addresses(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(environ.get(name, "").split())
    if any(not item.startswith(("https://", "http://")) for item in found):
        raise BadSettings(f"{name}: expected addresses that begin with https://, separated by spaces")
    return found


def _count(environ: Mapping[str, str], name: str, default: str = "0") -> int:
    text = environ.get(name, default)
    if not text.isdecimal():
        raise BadSettings(f"{name}={text!r}: expected a whole number")
    return int(text)
