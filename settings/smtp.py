"""The mail server as one URL."""

from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from settings.errors import SettingsError

URL_SHAPE = "smtp://USER:PASSWORD@HOST:PORT?starttls=auto|always|never or smtps://USER:PASSWORD@HOST:PORT"


class SmtpTls(StrEnum):
    """How the connection to the mail server is protected."""

    IMPLICIT = "implicit"
    """TLS from the first byte (smtps)."""
    ALWAYS = "always"
    """STARTTLS, or no mail."""
    AUTO = "auto"
    """STARTTLS when the server offers it."""
    NEVER = "never"
    """Plain text."""


DEFAULT_PORTS = {SmtpTls.IMPLICIT: 465, SmtpTls.ALWAYS: 587, SmtpTls.AUTO: 25, SmtpTls.NEVER: 25}


class SmtpServer(BaseModel):
    """Where mail is handed over."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    username: str | None = None
    password: SecretStr | None = None
    tls: SmtpTls = SmtpTls.AUTO

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """Reads smtp:// and smtps:// URLs; raises SettingsError, which never repeats the password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise SettingsError(f"the mail server's URL is malformed; it looks like {URL_SHAPE}") from error
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SettingsError(
                f"the mail server's URL has no usable scheme and host; it looks like {URL_SHAPE}"
            )
        tls = _protection(parts.scheme, parse_qs(parts.query, keep_blank_values=True))
        return cls(
            host=parts.hostname,
            port=port or DEFAULT_PORTS[tls],
            username=unquote(parts.username) if parts.username else None,
            password=SecretStr(unquote(parts.password)) if parts.password else None,
            tls=tls,
        )


def _protection(scheme: str, query: dict[str, list[str]]) -> SmtpTls:
    unknown = set(query) - {"starttls"}
    if unknown:
        raise SettingsError(
            f"the mail server's URL has an unknown option {sorted(unknown)[0]!r}; only starttls is known"
        )
    asked = query.get("starttls")
    if scheme == "smtps":
        if asked:
            raise SettingsError(
                "the mail server's URL says smtps and starttls; smtps is TLS from the start, drop starttls"
            )
        return SmtpTls.IMPLICIT
    if asked is None:
        return SmtpTls.AUTO
    if asked[-1] not in ("always", "auto", "never"):
        raise SettingsError(f"the mail server's URL has starttls={asked[-1]}; it is always, auto or never")
    return SmtpTls(asked[-1])
