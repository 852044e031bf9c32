"""`python -m assistant.cli`: the command line where the console script's place is not known."""

from assistant.cli import main

main()
