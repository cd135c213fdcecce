"""What paging and runbooks cost, measured on real parts: `python -m benchmarks`."""
