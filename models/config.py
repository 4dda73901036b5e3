"""How Tortoise finds the tables, the migrations and the database."""

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SESSION = {
    "application_name": "ordergraph",
    "jit": "off",
    "lock_timeout": "3s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
MODULES = ["models"]
MIGRATIONS = "models.migrations"


def credentials(database_url: str, **session: str) -> dict[str, Any]:
    """asyncpg's connect arguments of a `postgresql://` URL; a socket folder comes as `?host=/folder`."""
    parts = urlsplit(database_url)
    query = dict(parse_qsl(parts.query))
    found: dict[str, Any] = {
        "host": query.get("host") or parts.hostname or "127.0.0.1",
        "port": int(query.get("port") or parts.port or 5432),
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/") or "postgres",
        "server_settings": {**SESSION, **session},
    }
    if "sslmode" in query:
        found["ssl"] = query["sslmode"]
    return found


def tortoise_config(database_url: str, *, pool_size: int = 10, ready: int = 1) -> dict[str, Any]:
    """`ready` connections are opened at once: the first requests need not wait for theirs."""
    return {
        "connections": {
            "default": {
                "engine": "tortoise.backends.asyncpg",
                "credentials": {**credentials(database_url), "minsize": ready, "maxsize": pool_size},
            }
        },
        "apps": {"models": {"models": MODULES, "default_connection": "default", "migrations": MIGRATIONS}},
        "use_tz": True,
        "timezone": "UTC",
    }


TORTOISE_ORM = tortoise_config(os.environ.get("DATABASE_URL", "postgresql://postgres@127.0.0.1/postgres"))
"""For Tortoise's own command line, which writes migrations: `tortoise -c models.config.TORTOISE_ORM makemigrations`."""
