"""Settings: where each value comes from, and what wins."""

from pathlib import Path

import pytest

from settings import (
    NotConfiguredError,
    SecretNotFoundError,
    Settings,
    SettingsError,
    SmtpServer,
    SmtpTls,
    StackFile,
)
from settings.temporal import connection

STACK = StackFile(
    server="http://127.0.0.1:9000",
    temporal="127.0.0.1:9001",
    temporal_ui="http://127.0.0.1:9002",
    database_url="postgresql://stack",
    api_token="tocsin_stack",
)


def test_the_running_stack_fills_what_the_environment_leaves_open(tmp_path: Path) -> None:
    STACK.write(tmp_path)
    settings = Settings.load(tmp_path)
    assert settings.require_database_url() == "postgresql://stack"
    assert connection(settings) == {"target_host": "127.0.0.1:9001", "namespace": "default"}
    assert (settings.public_url, settings.api_token) == ("http://127.0.0.1:9000", "tocsin_stack")


def test_the_environment_wins_over_the_running_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    STACK.write(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "incidents")
    monkeypatch.setenv("TOCSIN_PUBLIC_URL", "https://tocsin.example")
    settings = Settings.load(tmp_path)
    assert settings.require_database_url() == "postgresql://elsewhere"
    assert settings.public_url == "https://tocsin.example"
    assert connection(settings)["target_host"] == "temporal.example:7233"
    assert connection(settings)["namespace"] == "incidents"


def test_without_stack_and_environment_the_message_says_what_to_do(data: Path) -> None:
    settings = Settings.load(data)
    with pytest.raises(NotConfiguredError, match="run `tocsin up` or set DATABASE_URL"):
        settings.require_database_url()
    with pytest.raises(NotConfiguredError, match="run `tocsin up` or set TEMPORAL_ADDRESS"):
        connection(settings)


def test_a_malformed_setting_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "many")
    with pytest.raises(SettingsError, match="TOCSIN_PORT"):
        Settings.load(data)


def test_the_stack_file_is_private_even_when_it_replaces_an_open_one(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    file.write_text("{}")
    file.chmod(0o644)
    STACK.write(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert StackFile.read(tmp_path) == STACK
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


def test_a_secret_comes_from_the_environment_else_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slack-token").write_text("from the file\n")
    monkeypatch.setenv("TOCSIN_SECRETS_DIR", str(tmp_path))
    settings = Settings.load(tmp_path)
    assert settings.secret("slack-token") == "from the file"
    monkeypatch.setenv("TOCSIN_SECRET_SLACK_TOKEN", "from the environment")
    assert settings.secret("slack-token") == "from the environment"
    with pytest.raises(SecretNotFoundError, match="set TOCSIN_SECRET_OTHER"):
        settings.secret("other")


def test_an_empty_secret_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("TOCSIN_SECRET_SLACK_TOKEN", "")
    settings = Settings.load(tmp_path)
    (tmp_path / "slack-token").write_text("\n")
    with pytest.raises(SecretNotFoundError, match="is empty"):
        settings.secret("slack-token")
    (tmp_path / "slack-token").write_text("from the file\n")
    assert settings.secret("slack-token") == "from the file"
    (tmp_path / "slack-token").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not text"):
        settings.secret("slack-token")


@pytest.mark.parametrize("name", ["../slack-token", "/etc/passwd", "", ".", "a/b"])
def test_a_secret_name_cannot_leave_the_folder(name: str, data: Path) -> None:
    with pytest.raises(SettingsError, match="cannot name a secret"):
        Settings.load(data).secret(name)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "username"),
    [
        ("smtp://mail.example", "mail.example", 25, SmtpTls.AUTO, None),
        ("smtp://mail.example:2525?starttls=never", "mail.example", 2525, SmtpTls.NEVER, None),
        (
            "smtp://ann%40shop:p%3Aw@mail.example?starttls=always",
            "mail.example",
            587,
            SmtpTls.ALWAYS,
            "ann@shop",
        ),
        ("smtps://ann:pw@mail.example", "mail.example", 465, SmtpTls.IMPLICIT, "ann"),
    ],
)
def test_the_mail_server_is_one_url(
    url: str, host: str, port: int, tls: SmtpTls, username: str | None
) -> None:
    server = SmtpServer.from_url(url)
    assert (server.host, server.port, server.tls, server.username) == (host, port, tls, username)


@pytest.mark.parametrize(
    "url",
    [
        "http://u:hunter2@mail.example",
        "smtp://u:hunter2@mail.example:lots",
        "smtp://u:hunter2@mail.example?starttls=maybe",
        "smtp://u:hunter2@mail.example?start_tls=auto",
        "smtps://u:hunter2@mail.example?starttls=auto",
        "smtp://",
    ],
)
def test_a_wrong_mail_url_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        SmtpServer.from_url(url)
    assert "hunter2" not in str(refusal.value)


def test_printed_settings_show_no_password(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@db.example/tocsin")
    monkeypatch.setenv("TOCSIN_SMTP_URL", "smtp://u:hunter2@mail.example")
    monkeypatch.setenv("TOCSIN_API_TOKEN", "hunter2")
    assert "hunter2" not in repr(Settings.load(data))


def test_the_mail_password_is_not_shown(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SMTP_URL", "smtp://u:hunter2@mail.example")
    server = Settings.load(data).smtp
    assert server is not None
    assert server.password is not None
    assert server.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(server)
