"""An owner's threads work together: a document that is forgotten during an answer leaves nothing behind."""

import threading
from pathlib import Path

from assistant.config import Config
from assistant.dialogue import Answer, SearchFinished
from assistant.engine.scripted import ScriptedEngine
from assistant.library.owner import Owner
from assistant.policyfile import NO_POLICIES, Policies
from ingest.catalogue import DocumentState
from ingest.embedding import HashingEmbedder
from ingest.handling import Handling, NeverIndexed
from ingest.jail import Jail


class WaitingEngine(ScriptedEngine):
    """Writes its answer once a test allows it."""

    def __init__(self) -> None:
        super().__init__(self._wait)
        self.started = threading.Event()
        self.allowed = threading.Event()

    def _wait(self, prompt: str) -> str:
        self.started.set()
        assert self.allowed.wait(60)
        return "The password is marzipan. [1]"


def test_an_answer_that_reads_a_document_while_it_is_forgotten_is_not_kept(
    tmp_path: Path, jail: Jail
) -> None:
    note = tmp_path / "notes" / "gate.md"
    note.parent.mkdir()
    note.write_text("The password of the garden gate is marzipan.\n")
    engine = WaitingEngine()
    library = tmp_path / "library"
    with Owner(library, Config(), embedder=HashingEmbedder(), engine=engine, jail=jail) as owner:
        for _ in owner.add(note.parent):
            pass
        events = owner.ask("What is the password of the garden gate?", conversation="gate")
        assert isinstance(next(events), SearchFinished)
        answers: list[Answer] = []
        reading = threading.Thread(
            target=lambda: answers.extend(event for event in events if isinstance(event, Answer))
        )
        reading.start()
        assert engine.started.wait(60)
        removing = threading.Thread(target=lambda: owner.remove(note))
        removing.start()
        # No later question finds the document, although the answer is still being written.
        while owner.holds(note):
            pass
        engine.allowed.set()
        reading.join()
        removing.join()
        assert "marzipan" in answers[0].text
        assert owner.turns("gate") == []
    # A word, because a digest may contain a number by chance.
    assert all(b"marzipan" not in path.read_bytes() for path in library.rglob("*") if path.is_file())


class BrokenRules(Handling):
    """Rules that fail when a source is looked at, for a reason that no error of Carrel's describes."""

    def __init__(self) -> None:
        super().__init__({}, {}, ())

    def counting(self) -> NeverIndexed:
        """Fails."""
        raise RuntimeError("broken")


def test_an_unforeseen_failure_of_a_look_reaches_who_asked_for_it(tmp_path: Path, jail: Jail) -> None:
    (tmp_path / "notes").mkdir()
    config = Config().with_policies(Policies(BrokenRules(), NO_POLICIES.report))
    failures: list[Exception] = []

    def add() -> None:
        try:
            list(owner.add(tmp_path / "notes"))
        except RuntimeError as error:
            failures.append(error)

    with Owner(tmp_path / "library", config, embedder=HashingEmbedder(), jail=jail) as owner:
        adding = threading.Thread(target=add, daemon=True)
        adding.start()
        adding.join(20)
    assert [str(error) for error in failures] == ["broken"]


def test_status_says_that_a_folder_is_gone_where_nothing_is_watched(tmp_path: Path, jail: Jail) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "gate.md").write_text("The code of the garden gate is 4711.\n")
    engine = ScriptedEngine("")
    with Owner(tmp_path / "library", Config(), embedder=HashingEmbedder(), engine=engine, jail=jail) as owner:
        for _ in owner.add(notes):
            pass
        assert [source.offline for source in owner.status().sources] == [""]
        notes.rename(tmp_path / "elsewhere")
        assert [source.offline for source in owner.status().sources] == ["no such file or folder"]
        assert owner.status().counts.documents[DocumentState.INDEXED] == 1, "its documents stay"
