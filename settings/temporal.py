"""The one way to a Temporal client: where it connects and how payloads are written."""

import asyncio
import time

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import Runtime

from settings.errors import NotConfiguredError, SettingsError
from settings.settings import Settings

RETRY_PAUSE = 0.1


class TemporalUnavailableError(Exception):
    """Temporal did not answer in time; the message names its address."""


def connection(settings: Settings) -> ClientConnectConfig:
    """Address, namespace, TLS and key: Temporal's own configuration if it names a server, else the stack's.

    Raises NotConfiguredError when there is neither, SettingsError when the configuration cannot be read.
    """
    if settings.temporal_is_external:
        try:
            config = ClientConfig.load_client_connect_config()
        except RuntimeError as error:
            raise SettingsError(f"Temporal's client configuration cannot be read: {error}") from error
        config.setdefault("target_host", "localhost:7233")
        config.setdefault("namespace", "default")
        return config
    if settings.temporal_address is None:
        raise NotConfiguredError(
            f"no Temporal: no stack runs on {settings.data}; run `tocsin up` or set TEMPORAL_ADDRESS"
        )
    return ClientConnectConfig(target_host=settings.temporal_address, namespace="default")


async def connect_temporal(
    settings: Settings, *, patience: float = 0.0, lazy: bool = False, runtime: Runtime | None = None
) -> Client:
    """A client that writes payloads as pydantic does.

    patience: seconds to keep trying while the server does not answer.
    lazy: connect at the first call (not for workers).
    Raises TemporalUnavailableError, NotConfiguredError, SettingsError.
    """
    config = connection(settings)
    deadline = time.monotonic() + patience
    while True:
        try:
            return await Client.connect(
                **config, data_converter=pydantic_data_converter, lazy=lazy, runtime=runtime
            )
        except RuntimeError as error:
            if time.monotonic() >= deadline:
                raise TemporalUnavailableError(
                    f"Temporal at {config['target_host']} does not answer: {error}"
                ) from error
        await asyncio.sleep(RETRY_PAUSE)
