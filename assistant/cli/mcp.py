"""The command that agents start: mcp.

It speaks the Model Context Protocol over its standard streams, as the client of the library's owner. The
process that speaks to the agent is sealed and confined like every front end, and opens no document itself.
"""

from __future__ import annotations

import importlib.util
import signal

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import UsageError
from assistant.cli.session import Role, Session


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app, role=Role.GUEST)(mcp)


def mcp(session: Session) -> None:
    """Let an agent search and read the collections that policies.toml opens to agents.

    Agents start this command themselves and speak the Model Context Protocol with it. The agent's model may
    run in a cloud, so no collection is open until you name it in that file.

    Examples:
        carrel mcp
    """
    if importlib.util.find_spec("mcp") is None:
        raise UsageError(
            "`carrel mcp` needs the package mcp, which is not installed.",
            remedy="To install it, run `pip install -c constraints.txt '.[mcp]'` in Carrel's folder.",
        )
    collections = session.config.policies.agents
    with session.open() as assistant:
        # 0.6 s to import.
        from assistant.cli.agentserver import serve_agent
        from assistant.library.agents import AgentView
        from assistant.policyfile import WARNING

        count = formatting.count_of(len(AgentView(assistant, collections).entries()), "document")
        session.output.note(f"Open to the agent: {', '.join(collections)} ({count}). {WARNING}")
        if session.stdin.isatty():
            session.output.note("Agents start this command themselves. Ctrl-C ends it.")
        # The thread that waits for a message cannot be interrupted, so Ctrl-C must end the process.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        serve_agent(assistant, collections)
