"""The client's side of the socket: the façade of a library that another process owns.

Its connections are made before the seal (`policies.endpoint`), as many as calls are to run at once, and
a sealed process can make no more. A call that is given up closes its connection, which is how the
owner knows; other calls go on over what is left.
"""

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from assistant.dialogue import DEFAULT_ASKING, Asking, Conversation, Event, Search, Turn
from assistant.library import wire
from assistant.library.audit import Deed
from assistant.library.facade import Status
from assistant.library.wire import OwnerGone, WireError
from assistant.models.finding import VerifiedModel
from ingest.catalogue import DocumentEntry
from ingest.documents import Locator, Picture
from ingest.progress import Progress, Report
from ingest.selection import EVERYTHING, Selection
from policies.errors import CarrelError

if TYPE_CHECKING:
    import socket

POLL_S = 0.05
"""Between two looks whether a call is cancelled."""

_GONE = "The library's owner has gone."
_ANEW = "Run the command again: it starts anew."


class Client:
    """A library, over connections to its owner. Implements `Assistant`."""

    def __init__(self, connections: Sequence["socket.socket"]) -> None:
        """Shakes hands over connections made before the seal.

        Raises `WireError` when the owner is gone, or is another version of Carrel.
        """
        # 0.05 s to import.
        import httpcore

        left = self._left = list(connections)

        class Stream(httpcore.NetworkStream):
            """One of the connections."""

            def __init__(self, connection: "socket.socket") -> None:
                self._connection = connection

            def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
                return self._connection.recv(max_bytes)

            def write(self, buffer: bytes, timeout: float | None = None) -> None:
                self._connection.sendall(buffer)

            def close(self) -> None:
                self._connection.close()

            def get_extra_info(self, info: str) -> Any:
                return None

        class Backend(httpcore.NetworkBackend):
            """Makes no connection, and hands out those there are."""

            def connect_unix_socket(
                self, path: str, timeout: float | None = None, socket_options: Any = None
            ) -> httpcore.NetworkStream:
                if not left:
                    raise httpcore.ConnectError("every connection is used up")
                return Stream(left.pop())

        self._pool = httpcore.ConnectionPool(
            uds="owner", network_backend=Backend(), max_connections=len(left), keepalive_expiry=None
        )
        try:
            self._shake_hands()
        except BaseException:
            self.close()
            raise

    def _shake_hands(self) -> None:
        with _explained():
            greeting = json.loads(self._pool.request("GET", "http://owner/").content)
        if greeting.get("carrel") != wire.VERSION:
            raise WireError(
                "The library is owned by another version of Carrel.",
                remedy=f"Stop process {greeting.get('pid')}, and start the owner again.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()
        for connection in self._left:
            connection.close()

    def add(self, path: Path) -> Iterator[Progress | Report]:
        return self._stream("add", path=path)

    def remove(self, path: Path) -> int:
        return int(self._call("remove", path=path))

    def retry(self, path: Path | None) -> int:
        return int(self._call("retry", path=path))

    def pause(self) -> None:
        self._call("pause")

    def resume(self) -> None:
        self._call("resume")

    def holds(self, path: Path) -> bool:
        return bool(self._call("holds", path=path))

    def entries(self) -> list[DocumentEntry]:
        entries: list[DocumentEntry] = self._call("entries")
        return entries

    def status(self) -> Status:
        status: Status = self._call("status")
        return status

    def deeds(self) -> list[Deed]:
        deeds: list[Deed] = self._call("deeds")
        return deeds

    def models(self) -> dict[str, VerifiedModel]:
        models: dict[str, VerifiedModel] = self._call("models")
        return models

    def search(self, query: str, k: int, *, selection: Selection = EVERYTHING) -> Search:
        search: Search = self._call("search", query=query, k=k, selection=selection)
        return search

    def ask(
        self,
        question: str,
        *,
        conversation: str = "",
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        return self._stoppable("ask", cancelled, question=question, conversation=conversation, asking=asking)

    def page(self, locator: Locator) -> str:
        return str(self._call("page", locator=locator))

    def picture(self, locator: Locator, width: int) -> Picture:
        picture: Picture = self._call("picture", locator=locator, width=width)
        return picture

    def vocabulary(self) -> dict[str, list[str]]:
        vocabulary: dict[str, list[str]] = self._call("vocabulary")
        return vocabulary

    def use(self, target: str, draft: str) -> None:
        self._call("use", target=target, draft=draft)

    def conversations(self) -> list[Conversation]:
        conversations: list[Conversation] = self._call("conversations")
        return conversations

    def turns(self, conversation: str) -> list[Turn]:
        turns: list[Turn] = self._call("turns", conversation=conversation)
        return turns

    def turn(self, key: str) -> Turn:
        turn: Turn = self._call("turn", key=key)
        return turn

    def replay(self, key: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        return self._stoppable("replay", cancelled, key=key)

    def forget_conversation(self, conversation: str) -> None:
        self._call("forget_conversation", conversation=conversation)

    def _stoppable(self, method: str, cancelled: Callable[[], bool], **arguments: Any) -> Iterator[Any]:
        """As `_stream`; once cancelled, the owner is told, and the call comes to its end by itself."""
        name = secrets.token_hex(8)
        ended = threading.Event()

        def watch() -> None:
            # Who reads the stream is told when the owner has gone.
            with contextlib.suppress(OwnerGone), _explained():
                while not ended.wait(POLL_S):
                    # Again until it ends: the first may come before the call does.
                    if cancelled():
                        self._pool.request("DELETE", f"http://owner/{name}")

        threading.Thread(target=watch, name="stopping", daemon=True).start()
        try:
            yield from self._stream(method, name, **arguments)
        finally:
            ended.set()

    def _call(self, method: str, **arguments: Any) -> Any:
        (result,) = self._stream(method, **arguments)
        return result

    def _stream(self, method: str, name: str = "", /, **arguments: Any) -> Iterator[Any]:
        """name: what the call can be stopped by."""
        content = wire.packed_arguments(method, arguments)
        headers = [(wire.NAME_HEADER, name)]
        with (
            _explained(),
            self._pool.stream("POST", f"http://owner/{method}", headers=headers, content=content) as response,
        ):
            if response.status != 200:
                raise WireError(f"The library's owner refused the call ({response.status}).")
            rest = b""
            failure = None
            for part in response.iter_stream():
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    try:
                        value = wire.value(method, line)
                    except CarrelError as error:
                        # Raised when all has been read: the connection can then be used again.
                        failure = error
                    else:
                        yield value
        if failure is not None:
            raise failure


@contextmanager
def _explained() -> Iterator[None]:
    import httpcore

    try:
        yield
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError, ValueError) as error:
        raise OwnerGone(_GONE, remedy=_ANEW) from error
