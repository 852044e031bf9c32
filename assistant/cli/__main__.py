"""`python -m assistant.cli`: the command line where the path of the console script is unknown."""

from assistant.cli import main

main()
