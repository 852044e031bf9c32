"""What a library keeps beside its documents: collections, conversations, the audit log; and its policies.

`Owner` inherits it, so the methods are part of the façade (`assistant.library.facade.Assistant`), whose
docstrings describe them. None of them answers a question or waits for one.
"""

from pathlib import Path

from assistant.dialogue import Conversation, Turn
from assistant.errors import NotInHistory
from assistant.library.audit import AuditEntry, AuditHead, AuditVerdict
from assistant.library.opened import Library
from assistant.policyfile import PolicyReport
from ingest.documents import is_within
from ingest.errors import BadCollection, IngestError
from ingest.selection import Collection
from policies.hygiene import one_line


class LibraryRecords:
    """The part of the façade that is about what is kept beside the documents."""

    @property
    def opened(self) -> Library:
        """The open library."""
        raise NotImplementedError

    # Collections

    def collections(self) -> list[Collection]:
        """The collections, by name."""
        return self.opened.catalogue.collections.all()

    def collect(self, name: str, paths: list[Path], tags: list[str], context: str | None) -> None:
        """Adds paths and tags to a collection, or makes it."""
        resolved = [str(path.resolve()) for path in paths]
        sources = self.opened.catalogue.sources.paths()
        for path in resolved:
            if not any(is_within(path, source) or is_within(source, path) for source in sources):
                raise BadCollection(
                    f"{path} is not in the library, so no collection can hold it.",
                    remedy="Add it first with `carrel add`.",
                )
        self.opened.catalogue.collections.add(name, resolved, tags, context)

    def uncollect(self, name: str, paths: list[Path], tags: list[str]) -> None:
        """Takes paths and tags out of a collection, or removes it."""
        resolved = [str(path.resolve()) for path in paths]
        self.opened.catalogue.collections.remove(name, resolved, tags)

    # Conversations, audit log, policies

    def policies(self) -> PolicyReport:
        """The rules that this process enforces."""
        return self.opened.config.policies.report

    def audit_log(self, path: Path | None = None) -> list[AuditEntry]:
        """What was done with the library, or with one document of it, the most recent first."""
        entries = self.opened.audit.entries()
        if path is None:
            return entries
        name = self.opened.catalogue.codes.name(str(path.resolve()))
        return [entry for entry in entries if name in entry.documents]

    def record_sent(self, agent: str, call: str, paths: list[Path]) -> None:
        """Records in the audit log what an agent is about to be sent."""
        library = self.opened
        masked = sum(bool(library.handling.kinds(str(path))) for path in paths)
        names = list(filter(None, (library.catalogue.codes.name(str(path)) for path in paths)))
        detail = f"to the agent {one_line(agent)[:80]}, by {one_line(call)[:40]}: documents: {len(paths):,}"
        detail += f", masked: {masked:,}" if masked else ""
        if not library.audit.note("sent", detail, names):
            raise IngestError(
                "The audit log cannot be written, so nothing was sent to the agent.",
                remedy="Make the library's folder writable, on a disk with free space.",
            )

    def verify_audit(self, head: str) -> AuditVerdict:
        """Whether the audit log is what Carrel wrote, and its head."""
        return self.opened.audit.verify(AuditHead.parse(head) if head else None)

    def conversations(self) -> list[Conversation]:
        """The kept conversations, the most recent first."""
        return self.opened.history.conversations()

    def turns(self, conversation: str) -> list[Turn]:
        """The turns of a conversation, in order."""
        return self.opened.history.turns(conversation)

    def turn(self, key: str) -> Turn:
        """The turn with this id."""
        turn = self.opened.history.turn(key)
        if turn is None:
            raise NotInHistory(
                f"There is no saved answer {key}.",
                remedy="`carrel history NAME` shows the answers of a conversation with their ids.",
            )
        return turn

    def forget_conversation(self, conversation: str) -> None:
        """Deletes a conversation."""
        self.opened.forget_conversation(conversation)
