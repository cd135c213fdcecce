"""`python -m worker [--runner NAME]`: the same as `tocsin worker`."""

import argparse
import sys

from worker.command import worker

arguments = argparse.ArgumentParser(prog="worker", description=__doc__)
arguments.add_argument("--runner", metavar="NAME", help="carry only the steps that name this runner")
sys.exit(worker(runner=arguments.parse_args().runner))
