"""Work in the background gives way to what a person waits for."""

import os
import sys

import pytest

from ingest.priorities import background_threads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")


def priority() -> int:
    """The niceness of the calling thread."""
    return os.getpriority(os.PRIO_PROCESS, 0)


def test_background_threads_have_a_lower_priority_and_no_other_thread_has() -> None:
    before = priority()
    with background_threads(2, "reading") as executor:
        first = executor.submit(priority).result()
        second = executor.submit(priority).result()
    assert first == second > before == priority()
