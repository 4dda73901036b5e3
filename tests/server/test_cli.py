"""The command line explains itself and its mistakes."""

import os
import subprocess
import sys

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
    for name in ("serve", "worker", "migrate", "organization", "schema", "check", "demo", "import", "audit"):
        assert f"  {name} " in listed.stdout


def test_it_runs_from_any_folder():
    assert oms("migrate", "--help").returncode == 0


def test_an_unknown_command_is_named():
    done = oms("ship")

    assert done.returncode == 2
    assert done.stderr.startswith("oms.py: there is no command 'ship'")


def test_a_wrong_setting_is_one_line_and_no_traceback():
    done = oms("migrate", OMS_PORT="many")

    assert done.returncode == 2
    assert done.stderr.startswith("oms.py migrate: OMS_PORT: 'many' is not a whole number")
    assert done.stderr.count("\n") == 1
