"""Lets other work go first: what happens in the background must not slow down what a person waits for.

The threads that read and embed files, and the processes that parse them, get a low priority. While nothing
else wants the processor, they are as fast as ever. Only Linux gives threads of one process different
priorities; elsewhere, nothing changes.
"""

import contextlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor

NICENESS = 4
"""How far the priority is lowered, of 19 steps. Such a thread gets three tenths of a core that it shares with
another. With 10 it would be one tenth, and on a busy machine new files would wait too long."""


def background_threads(threads: int, name: str) -> ThreadPoolExecutor:
    """An executor whose threads give way to other work."""
    return ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=give_way)


def give_way() -> None:
    """Lowers the priority of the calling thread, and of what it starts."""
    if sys.platform != "linux":
        return
    # 0 is the calling thread. Some containers forbid the call; the work is then done as fast as other work.
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
