"""What the environment says about this process: read once, checked once, passed down by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from server.clock import SYSTEM_CLOCK, Clock, parse_clock

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
SHORTEST_JWT_SECRET = 32  # bytes; HS256 with less is guessable (RFC 7518, section 3.2)
ALIKE = 0.8  # of a misspelt name and the right one; other programs may have variables that begin alike
MOST_POOLED_CONNECTIONS = 90  # the embedded PostgreSQL allows 100 in all

Value = TypeVar("Value")


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingError(Exception):
    """A variable of the environment cannot be used; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """An empty `database_url` or `redis_url` means: start that server here, in `data_dir`."""

    database_url: str = ""
    redis_url: str = ""
    data_dir: Path = PROJECT_FOLDER / ".ordergraph"
    environment: Environment = Environment.DEVELOPMENT
    host: str = "127.0.0.1"
    port: int = 8000
    organization: str = ""  # code of the organization anonymous callers belong to; "" = the only one
    jwt_secret: str = field(default="", repr=False)
    jwks_url: str = ""
    jwt_audience: str = ""
    jwt_issuer: str = ""
    allowed_origins: tuple[str, ...] = ()
    clock: Clock = SYSTEM_CLOCK
    worker_inside: bool = True
    database_pool_size: int = 16
    relay_interval_seconds: float = 0.05
    relay_lag_limit_seconds: float = 30.0  # /readyz reports a relay further behind than this
    facts_kept_days: int = 30  # a subscriber away for longer must read anew; order time lines stay for ever
    decisions_kept_days: int = 730  # routing decisions; an order without them cannot be explained or simulated
    shutdown_seconds: int = 10
    log_level: str = "INFO"

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Raises SettingError at the first variable that cannot be used, or is misspelt."""
    read = _Reader(environ)
    settings = Settings(
        database_url=read("DATABASE_URL", "", _url("postgres", "postgresql")),
        redis_url=read("REDIS_URL", "", _url("redis", "rediss", "unix")),
        data_dir=read("OMS_DATA_DIR", PROJECT_FOLDER / ".ordergraph", _folder),
        environment=read("OMS_ENV", Environment.DEVELOPMENT, _environment),
        host=read("OMS_HOST", "127.0.0.1", str),
        port=read("OMS_PORT", 8000, _whole(0, 65535)),
        organization=read("OMS_ORGANIZATION", "", str),
        jwt_secret=read("OMS_JWT_SECRET", "", _secret),
        jwks_url=read("OMS_JWKS_URL", "", _url("https", "http")),
        jwt_audience=read("OMS_JWT_AUDIENCE", "", str),
        jwt_issuer=read("OMS_JWT_ISSUER", "", str),
        allowed_origins=read("OMS_ALLOWED_ORIGINS", (), _origins),
        clock=read("OMS_CLOCK", SYSTEM_CLOCK, parse_clock),
        worker_inside=read("OMS_WORKER", True, _yes_or_no),  # noqa: FBT003 - a default, not a switch
        database_pool_size=read("OMS_DATABASE_POOL_SIZE", 16, _whole(2, MOST_POOLED_CONNECTIONS)),
        relay_interval_seconds=read("OMS_RELAY_INTERVAL_SECONDS", 0.05, _seconds(0.005, 5)),
        relay_lag_limit_seconds=read("OMS_RELAY_LAG_LIMIT_SECONDS", 30.0, _seconds(1, 3600)),
        facts_kept_days=read("OMS_FACTS_KEPT_DAYS", 30, _whole(1, 3650)),
        decisions_kept_days=read("OMS_DECISIONS_KEPT_DAYS", 730, _whole(1, 36500)),
        shutdown_seconds=read("OMS_SHUTDOWN_SECONDS", 10, _whole(1, 300)),
        log_level=read("OMS_LOG_LEVEL", "INFO", _log_level),
    )
    read.check_spelling()
    return settings


@dataclass(frozen=True, slots=True)
class _Reader:
    environ: Mapping[str, str]
    names: set[str] = field(default_factory=set)

    def __call__(self, name: str, default: Value, parse: Callable[[str], Value]) -> Value:
        self.names.add(name)
        text = self.environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as wrong:
            raise SettingError(f"{name}: {wrong}. Correct it, or unset it to use the default.") from None

    def check_spelling(self) -> None:
        """What is like a setting and is none would be a wish that nobody hears."""
        for name in sorted(set(self.environ) - self.names):
            if name.startswith("OMS_") and (meant := get_close_matches(name, sorted(self.names), n=1, cutoff=ALIKE)):
                raise SettingError(
                    f"{name}: there is no such setting. Did you mean {meant[0]}? Rename it, or unset it."
                )


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        # The text itself may hold a password, so it is not repeated.
        if urlsplit(text).scheme not in schemes:
            raise ValueError(f"must be a URL that starts with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return text

    return parse


def _folder(text: str) -> Path:
    folder = Path(text).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file, not a folder")
    return folder


def _environment(text: str) -> Environment:
    try:
        return Environment(text.lower())
    except ValueError:
        raise ValueError(f"{text!r} is neither development nor production") from None


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def _seconds(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ValueError(f"{text!r} is not a number of seconds from {least:g} to {most:g}")
        return number

    return parse


def _secret(text: str) -> str:
    if len(text.encode()) < SHORTEST_JWT_SECRET:
        raise ValueError(f"must be at least {SHORTEST_JWT_SECRET} bytes long")
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
            raise ValueError(f"{origin!r} is not an origin like https://shop.example")
    return origins


def _yes_or_no(text: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.lower() not in answers:
        raise ValueError(f"{text!r} is neither yes nor no")
    return answers[text.lower()]


def _log_level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError(f"{text!r} is not one of DEBUG, INFO, WARNING, ERROR")
    return text.upper()
