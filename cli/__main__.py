"""`python -m cli` is `permanence`."""

from cli.app import main

main()
