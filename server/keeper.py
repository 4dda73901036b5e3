"""The process that keeps the embedded servers of one data folder for as long as somebody uses them.

Each user holds a connection to the keeper's socket. The operating system closes it however the user ends, kill -9
included, and when the last one is closed the keeper stops both servers and goes. The servers in turn are told by
the kernel to stop when the keeper dies. So nothing is left over, and several processes share one pair of servers.

Run as `python -m server.keeper FOLDER [--no-fsync]`, by `server.embedded` only.
"""

import argparse
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from server.embedded import STOPPED, keeper_socket, socket_folder
from server.engines import Account, Engine, EngineError, Postgres, Valkey, open_the_way, server_account

FIRST_USER_SECONDS = 10  # a keeper nobody came to goes
TURN_SECONDS = 60  # how long to wait for the keeper before us to finish
CHECK_SECONDS = 0.2
RESTARTS_ALLOWED = 5
RESTARTS_WITHIN_SECONDS = 60


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="server.keeper")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-fsync", action="store_true")
    arguments = parser.parse_args(argv)
    signal.signal(signal.SIGINT, _leave)
    signal.signal(signal.SIGTERM, _leave)
    try:
        with _turn_on(arguments.folder) as is_ours:
            if is_ours:
                _keep(arguments.folder, fsync=not arguments.no_fsync)
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _leave(*_: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough: stopping takes a moment
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


@contextmanager
def _turn_on(folder: Path) -> Generator[bool, None, None]:
    """Hold the folder's lock; False when another keeper has it and serves already."""
    with (folder / "keeper.lock").open("w") as lock:
        deadline = time.monotonic() + TURN_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if _answers(keeper_socket(folder)):
                    yield False
                    return
                if time.monotonic() > deadline:
                    raise EngineError(f"Another process has kept {folder} busy for {TURN_SECONDS} s.") from None
                time.sleep(0.05)
            else:
                yield True
                return


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _keep(folder: Path, *, fsync: bool) -> None:
    account = server_account()
    sockets = _prepared_socket_folder(folder, account)
    engines: list[Engine] = [Valkey(folder, sockets, account), Postgres(folder, sockets, account, fsync)]
    path = keeper_socket(folder)
    path.unlink(missing_ok=True)
    try:
        for engine in engines:
            engine.start()
        greeting = json.dumps({"database_url": engines[1].url, "redis_url": engines[0].url}).encode() + b"\n"
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(path))
            path.chmod(0o600)
            door.listen(64)
            users = _serve_users(door, greeting, engines)
            path.unlink(missing_ok=True)
    finally:
        for engine in reversed(engines):
            engine.stop()
        if sockets.parent != folder:
            shutil.rmtree(sockets, ignore_errors=True)
    for user in users:
        with user, suppress(OSError):
            user.sendall(STOPPED)


def _prepared_socket_folder(folder: Path, account: Account) -> Path:
    open_the_way(folder / "postgres", account)
    sockets = socket_folder(folder)
    sockets.mkdir(mode=0o700, exist_ok=True)
    if sockets.stat().st_uid not in (os.geteuid(), account.uid):
        raise EngineError(f"{sockets} belongs to somebody else. Remove it, or set OMS_DATA_DIR to another folder.")
    account.give(sockets)
    return sockets


def _serve_users(door: socket.socket, greeting: bytes, engines: list[Engine]) -> list[socket.socket]:
    """Return when the last user has gone, with that user's connection still open."""
    users: list[socket.socket] = []
    restarts: deque[float] = deque(maxlen=RESTARTS_ALLOWED)
    first_user_until = time.monotonic() + FIRST_USER_SECONDS
    while True:
        ready, _, _ = select.select([door, *users], [], [], CHECK_SECONDS)
        if door in ready:
            user, _ = door.accept()
            user.sendall(greeting)
            users.append(user)
            first_user_until = 0
        gone = [user for user in users if user in ready and _has_left(user)]
        if users and len(gone) == len(users):
            return gone
        for user in gone:
            users.remove(user)
            user.close()
        if not users and time.monotonic() > first_user_until:
            return []
        _revive(engines, restarts)


def _has_left(user: socket.socket) -> bool:
    try:
        return user.recv(64) == b""
    except OSError:
        return True


def _revive(engines: list[Engine], restarts: deque[float]) -> None:
    """Start a server again that died under us; give up when it keeps dying."""
    for engine in engines:
        if engine.is_alive():
            continue
        now = time.monotonic()
        if len(restarts) == RESTARTS_ALLOWED and now - restarts[0] < RESTARTS_WITHIN_SECONDS:
            raise EngineError(f"{engine.name} died {RESTARTS_ALLOWED} times within {RESTARTS_WITHIN_SECONDS} s.")
        restarts.append(now)
        sys.stderr.write(f"{engine.name} died; starting it again.\n")
        engine.start()


if __name__ == "__main__":
    sys.exit(main())
