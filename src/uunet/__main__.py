"""`python -m uunet`."""

from uunet.cli import main

main()
