"""The command that serves other programs on this computer over HTTP: serve.

It is the client of the library's owner, as `carrel mcp` is. Its process is sealed and confined like every
front end, except that it accepts connections on one port of 127.0.0.1, which it bound before the seal.
"""

from __future__ import annotations

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import Exit
from assistant.cli.session import Role, Session
from policies.endpoint import LOOPBACK
from policies.errors import PolicyRefusal
from policies.hygiene import one_line

TOKEN = "serve.token"
"""The file with the token, in the state folder."""


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app, role=Role.SERVER)(serve)


def serve(session: Session) -> Exit:
    """Let programs on this computer search and read the collections that policies.toml opens to them.

    They ask over HTTP on 127.0.0.1, in the form of OpenAI's API or of Carrel's own, and must send the token.
    No collection is open until you name it in policies.toml. Ctrl-C ends it.

    Examples:
        carrel serve
    """
    # 5 ms to import.
    from assistant.config import state_folder
    from policies.tokens import load_token

    serving, listener = session.config.policies.serving, session.connection.socket
    assert listener is not None
    if not session.connection.seal.enforced:
        raise PolicyRefusal(
            "`carrel serve` listens on a port, so it needs a seal that the kernel enforces.",
            remedy="Use Linux on x86_64 or aarch64 with seccomp.",
        )
    place = state_folder() / TOKEN
    token = load_token(place)
    url = f"http://{LOOPBACK}:{serving.port}/v1"
    with session.open() as assistant:
        # 0.3 s to import.
        from assistant.cli.httpserver import serve_http
        from assistant.library.agents import AgentView
        from assistant.policyfile import SERVED

        output = session.output
        count = formatting.count_of(len(AgentView(assistant, serving.collections).entries()), "document")
        output.note(f"Open over HTTP: {', '.join(serving.collections)} ({count}). {SERVED}")
        output.note(f"Token: {token if output.is_watched else f'in {one_line(str(place))}'}")

        def ready() -> None:
            output.note(f"Listening on {url}. Ctrl-C ends it.")
            output.print_json({"event": "ready", "url": url, "token_file": str(place)})

        owner_left = serve_http(assistant, serving, token, listener, ready)
    if owner_left:
        output.warn("The owner of the library has ended. Start `carrel serve` again.")
        return Exit.FAILED
    return Exit.DONE
