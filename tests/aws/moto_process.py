"""A process with moto's server in it: prints its port, and ends when its standard input does."""

import logging
import os
import sys

from moto.server import ThreadedMotoServer


def main() -> None:
    """Serve until nobody is there any more."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
