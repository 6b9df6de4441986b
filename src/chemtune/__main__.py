"""`python -m chemtune`."""

from chemtune.cli.main import main

main()
