"""The command line explains itself and its mistakes."""

import os
import socket
import subprocess
import sys

import pytest

from server.settings import PROJECT_FOLDER


def oms(*words, **environ) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT_FOLDER / "oms.py", *words],
        cwd="/",
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_is_listed_and_explains_itself():
    listed = oms("--help")

    assert listed.returncode == 0
    for name in (
        "serve",
        "worker",
        "migrate",
        "organization",
        "restored",
        "schema",
        "check",
        "demo",
        "import",
        "audit",
    ):
        assert f"  {name} " in listed.stdout


def test_it_runs_from_any_folder():
    assert oms("migrate", "--help").returncode == 0


def test_an_unknown_command_is_named():
    done = oms("ship")

    assert done.returncode == 2
    assert done.stderr.startswith("oms.py: there is no command 'ship'")


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "audit"])
def test_a_database_that_is_not_there_is_one_line_and_no_traceback(command):
    done = oms(command, DATABASE_URL="postgresql://me:secret@127.0.0.1:1/none", REDIS_URL="redis://127.0.0.1:1")

    assert done.returncode == 2
    assert done.stderr.startswith(f"oms.py {command}: DATABASE_URL: the database cannot be used (")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_one_line_and_nothing_is_begun(command, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = oms(command, "--port", str(port), OMS_DATA_DIR=str(tmp_path / "data"))

    assert done.returncode == 2
    assert done.stderr == (
        f"oms.py {command}: OMS_PORT: cannot listen on 127.0.0.1:{port} (Address already in use);"
        " name a free one with --port.\n"
    )
    assert not (tmp_path / "data").exists()


def test_a_wrong_setting_is_one_line_and_no_traceback():
    done = oms("migrate", OMS_PORT="many")

    assert done.returncode == 2
    assert done.stderr.startswith("oms.py migrate: OMS_PORT: 'many' is not a whole number")
    assert done.stderr.count("\n") == 1
