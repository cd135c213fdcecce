"""`python -m server`: the same as `tocsin server`."""

import sys

from server.command import server

sys.exit(server())
