"""Settings are read once and explained when wrong."""

import re
from datetime import UTC, datetime

import pytest

from server.settings import PROJECT_FOLDER, Environment, SettingError, Settings, settings_from


def test_an_empty_environment_gives_the_defaults():
    assert settings_from({}) == Settings()


def test_blank_means_unset():
    assert settings_from({"OMS_PORT": "  ", "DATABASE_URL": ""}) == Settings()


def test_what_is_set_is_used():
    settings = settings_from(
        {
            "DATABASE_URL": "postgresql://app@db/orders",
            "REDIS_URL": "redis://cache",
            "OMS_ENV": "production",
            "OMS_PORT": "9000",
            "OMS_WORKER": "no",
            "OMS_ALLOWED_ORIGINS": "https://shop.example, https://desk.example/",
            "OMS_CLOCK": "2026-01-01T00:00:00Z",
        }
    )

    assert settings.database_url == "postgresql://app@db/orders"
    assert settings.environment is Environment.PRODUCTION
    assert settings.port == 9000
    assert not settings.worker_inside
    assert settings.allowed_origins == ("https://shop.example", "https://desk.example")
    assert settings.clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE_URL", "mysql://db"),
        ("DATABASE_URL", "localhost:5432"),
        ("REDIS_URL", "localhost"),
        ("OMS_DATA_DIR", __file__),
        ("OMS_ENV", "prod"),
        ("OMS_PORT", "80000"),
        ("OMS_PORT", "-1"),
        ("OMS_PORT", "²"),
        ("OMS_JWT_SECRET", "short"),
        ("OMS_JWKS_URL", "ftp://keys"),
        ("OMS_ALLOWED_ORIGINS", "shop.example"),
        ("OMS_ALLOWED_ORIGINS", "*"),
        ("OMS_CLOCK", "yesterday"),
        ("OMS_CLOCK", "2026-01-01T00:00:00"),
        ("OMS_CLOCK", "+many"),
        ("OMS_WORKER", "maybe"),
        ("OMS_DATABASE_POOL_SIZE", "1"),
        ("OMS_RELAY_INTERVAL_SECONDS", "nan"),
        ("OMS_SHUTDOWN_SECONDS", "0"),
        ("OMS_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_named_and_explained(name, text):
    with pytest.raises(SettingError, match=f"^{name}: .+Correct it, or unset it"):
        settings_from({name: text})


def test_secrets_are_repeated_neither_in_errors_nor_in_the_settings_text():
    with pytest.raises(SettingError) as caught:
        settings_from({"DATABASE_URL": "mysql://app:hunter2@db"})
    settings = settings_from({"OMS_JWT_SECRET": "correct horse battery staple, twice"})

    assert "hunter2" not in str(caught.value)
    assert "horse" not in repr(settings)


def test_every_setting_is_documented():
    source = (PROJECT_FOLDER / "server" / "settings.py").read_text()
    page = (PROJECT_FOLDER / "docs" / "operations.md").read_text()

    assert [name for name in re.findall(r'read\("(\w+)"', source) if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [("OMS_PRT", "OMS_PORT"), ("OMS_LOGLEVEL", "OMS_LOG_LEVEL"), ("OMS_DATABASE_URL", "DATABASE_URL")],
)
def test_a_misspelt_name_is_refused_with_the_right_one(name, meant):
    with pytest.raises(SettingError, match=rf"^{name}: there is no such setting\. Did you mean {meant}\?"):
        settings_from({name: "1"})


def test_what_is_like_no_setting_is_somebody_elses():
    assert settings_from({"OMS_PUBLISHED_PORT": "80", "PORT": "1", "OMSPORT": "1"}) == Settings()
