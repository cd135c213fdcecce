"""What paging costs, measured on real parts: `python -m benchmarks`."""
