"""Limits the time that reading one file of several in a document may take, so that the others are still read.

The jail limits the time of a whole document, by ending its process. Within a document, an alarm of the
process interrupts the parser of one file. It does so between two steps of Python, so a long call into a
library in another language is interrupted at its end. Outside the main thread, where there is no alarm, the
time is not limited.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ingest.errors import UnreadableDocument


class _Overdue(BaseException):
    """Not an `Exception`, because parsers translate every `Exception` of the libraries that they call."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises `UnreadableDocument` when the body of the `with` takes longer than so many seconds."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _Overdue:
        raise UnreadableDocument(f"reading it took longer than {seconds:.0f} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _Overdue
