"""Three neighbouring ports: the server's, Temporal's, and its Web UI's."""

import random
import socket
import time

from worker.stack.errors import StackError

HOST = "127.0.0.1"
NEIGHBOURS = 3
# Below the range from which systems take ports for outgoing connections.
FREE_RANGE = range(15000, 32000)
PATIENCE_SECONDS = 2.0


def choose_port(wanted: int) -> int:
    """`wanted`, or for 0 a port that is free together with the two after it."""
    if wanted != 0:
        return wanted
    for _ in range(200):
        port = random.choice(FREE_RANGE)  # noqa: S311 - a port, not a secret
        if not taken_ports(port):
            return port
    raise StackError("no three neighbouring free ports were found: choose one with --port")


def await_free(port: int, count: int) -> None:
    """Waits while a killed predecessor still holds the ports; raises StackError when they stay taken."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while taken := taken_ports(port, count):
        if time.monotonic() > deadline:
            raise StackError(
                f"port {taken[0]} is in use: end the program that uses it, or choose another --port"
            )
        time.sleep(0.1)


def taken_ports(port: int, count: int = NEIGHBOURS) -> list[int]:
    """Which of the `count` ports from `port` on cannot be listened on."""
    return [candidate for candidate in range(port, port + count) if not _free(candidate)]


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True
