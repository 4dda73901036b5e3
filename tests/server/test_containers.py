"""The container files say what docs/operations.md promises; without Docker at hand they are at least read."""

import os
import re

import pytest
import yaml

from server.cli import COMMANDS
from server.settings import PROJECT_FOLDER, settings_from


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((PROJECT_FOLDER / "docker-compose.yml").read_text())["services"]


def dockerfile() -> str:
    return (PROJECT_FOLDER / "Dockerfile").read_text()


def test_the_production_shape_is_there(services):
    assert set(services) == {"migrate", "app", "worker", "postgres", "valkey"}
    assert services["postgres"]["image"] == "postgres:18"
    assert services["valkey"]["image"].startswith("valkey/valkey:9")


@pytest.mark.parametrize("name", ["migrate", "app", "worker"])
def test_our_services_run_commands_that_exist_as_nobody_special(services, name):
    service = services[name]

    assert service["command"][0] in {command.name for command in COMMANDS}
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", ["app", "worker", "postgres", "valkey"])
def test_what_stops_is_started_again(services, name):
    assert services[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["app", "postgres", "valkey"])
def test_what_listens_has_a_health_check(services, name):
    assert services[name]["healthcheck"]["test"][0] == "CMD"


def test_nothing_serves_before_the_tables_are_ready(services):
    for name in ("app", "worker"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_only_the_application_is_published(services):
    assert [name for name, service in services.items() if "ports" in service] == ["app"]


def test_the_environment_is_one_that_settings_accept(services):
    secrets = {"POSTGRES_PASSWORD": "p" * 32, "OMS_JWT_SECRET": "s" * 32}
    environ = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda match: secrets.get(match[1], ""), text)
        for name, text in services["app"]["environment"].items()
    }

    settings = settings_from(environ)

    assert settings.is_production
    assert not settings.worker_inside
    assert settings.database_url == f"postgresql://ordergraph:{'p' * 32}@postgres:5432/ordergraph"


def test_no_secret_has_a_default(services):
    for name in ("DATABASE_URL", "OMS_JWT_SECRET"):
        assert ":?" in services["app"]["environment"][name]


def test_the_image_runs_as_its_own_user_and_hears_signals():
    assert re.search(r"^USER oms$", dockerfile(), re.MULTILINE)
    assert 'ENTRYPOINT ["python", "oms.py"]' in dockerfile()


def test_the_image_holds_neither_history_nor_secrets():
    ignored = (PROJECT_FOLDER / ".dockerignore").read_text().split()

    assert {".git", ".venv", ".ordergraph", ".env"} <= set(ignored)


def test_continuous_integration_runs_the_readmes_command():
    script = PROJECT_FOLDER / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert script.read_text().rstrip().endswith("uv run oms.py check")
