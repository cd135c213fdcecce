"""The main job in about a minute, on real parts: `python -m examples.demo`, or `make demo`."""
