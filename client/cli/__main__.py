"""`python -m client.cli`: the same as `tocsin`."""

from client.cli.app import main

main()
