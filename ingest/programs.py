"""The program that the parsers run in, as a value that is cheap to import.

The owner's broker (`policies.broker`) must know it before the heavy modules that use it are imported.
"""

from policies.broker import Program
from policies.process import ROOT

TEMPLATE = Program(
    name="template",
    # -I: neither environment variables nor the user's start-up files affect what it runs. -B: it leaves no
    # compiled modules.
    options=("-I", "-B", "-W", "ignore"),
    code="import sys; sys.path.insert(0, sys.argv[2]); from ingest.jail.template import main; "
    "main(sys.argv[1], *sys.argv[3:])",
    prefix=(str(ROOT),),
    argument=r"[a-z_.]+|[0-9]+",
)
"""The template process (`ingest.jail.template`). It gets a socket; its arguments are those of `main`."""
