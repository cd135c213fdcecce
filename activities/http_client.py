"""The client that requests to other services go out by."""

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2


def http_client() -> httpx2.AsyncClient:
    """A client for all that a worker asks of others; it keeps no cookies, which are those of one request only."""
    return httpx2.AsyncClient(cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())))
