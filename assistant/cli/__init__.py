"""The command line: `carrel COMMAND`. It parses arguments, calls the façade, and prints text or JSON.

Commands live in one module a subject, what they print in `render`, and `program` puts them together. All are
light: a command imports its libraries when it runs, so `--help` answers at once.

This module is only the start and the end of the process. There, Ctrl-C ends it at once and silently: an
interrupted import or an interrupted exit has nothing to say. In between, `program.run` reports it.
"""

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN_S = 0.02
"""How long after an interruption that Python had to ignore it is repeated, in seconds."""


def main() -> None:
    """The console script."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from assistant.cli import program
    from assistant.cli.exits import Exit

    try:
        if interruptible:
            sys.unraisablehook = _interrupt_again
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = program.main()
    except KeyboardInterrupt:
        code = int(Exit.INTERRUPTED)
    finally:
        if interruptible:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(code)


def _interrupt_again(ignored: "UnraisableHookArgs") -> None:
    """Repeats Ctrl-C that was pressed in a finalizer or a hook, which no exception can leave."""
    if not isinstance(ignored.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
        return
    import _thread
    import threading

    timer = threading.Timer(AGAIN_S, _thread.interrupt_main)
    timer.daemon = True
    timer.start()
