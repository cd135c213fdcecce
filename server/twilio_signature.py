"""Whether a request comes from Twilio: signed with the account's own secret."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

HEADER = "X-Twilio-Signature"
_PORTS = {"https": 443, "http": 80}


def is_from_twilio(url: str, form: Sequence[tuple[str, str]], signature: str, auth_token: str) -> bool:
    """Whether `signature` is Twilio's for a POST of `form` to `url`, the address that Twilio was given."""
    given = signature.encode()
    # Twilio signs now with the port in the address and now without it.
    return any(
        hmac.compare_digest(_sign(form_of_url, form, auth_token), given) for form_of_url in _forms(url)
    )


def _sign(url: str, form: Sequence[tuple[str, str]], auth_token: str) -> bytes:
    """BASE64 of the HMAC-SHA1 over the address and the sorted fields, each name followed by its value."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest())


def _forms(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    bare = parts.netloc.removesuffix(f":{parts.port}") if parts.port is not None else parts.netloc
    port = parts.port or _PORTS.get(parts.scheme, 80)
    return urlunsplit(parts._replace(netloc=bare)), urlunsplit(parts._replace(netloc=f"{bare}:{port}"))
