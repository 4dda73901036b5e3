"""Uvicorn with our settings, and a Python process made ready for many small requests."""

import gc
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn

from server.api import MOST_BYTES
from server.app import Beside, create_app
from server.settings import SettingError, Settings

PING_SECONDS = 20.0
KEEP_ALIVE_SECONDS = 65  # longer than the 60 s of common load balancers, so that they close idle connections, not we
GARBAGE_THRESHOLDS = (10_000, 20, 50)  # young garbage in small heaps, so that no collection takes long


def serve(settings: Settings, *, beside: Beside | None = None) -> int:
    """Until SIGINT or SIGTERM; `settings` hold both URLs."""
    server = uvicorn.Server(server_config(settings, beside=beside))
    with long_lived_objects_set_aside():
        server.run()
    return 0 if server.started else 1


def check_address(settings: Settings) -> None:
    """Raises SettingError when nobody could listen there, which uvicorn would say in the middle of its log."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[
            0
        ]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SettingError(
            f"OMS_PORT: cannot listen on {settings.host}:{settings.port} ({error.strerror}); name a free one with --port."
        ) from error


def server_config(settings: Settings, *, beside: Beside | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings, beside=beside),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False,  # many small messages: it costs 2.8 times the CPU
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
    )


@contextmanager
def long_lived_objects_set_aside() -> Generator[None, None, None]:
    """What was imported never becomes garbage: the collector need not look at it again and again."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
