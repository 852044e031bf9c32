"""A library with fixed contents and answers, for tests of what the front ends show.

It implements `Assistant`. A test can set every text in it, so that hostile texts reach every place that shows
text.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.dialogue import (
    Answer,
    AnswerText,
    Asking,
    Citation,
    Conversation,
    Coverage,
    DocumentProgress,
    Event,
    Passage,
    Receipt,
    Search,
    SearchFinished,
    Sentence,
    State,
    Turn,
    Verdict,
)
from assistant.engine import Finish, Stats
from assistant.engine.gguf import GGUFHeader
from assistant.errors import NotInHistory
from assistant.library.audit import AuditEntry, AuditVerdict
from assistant.library.facade import AddedPath, Indexing, SourceStatus, Status
from assistant.library.receipts import Derived, Forgotten, Kept, Swept
from assistant.library.storage import StoredData
from assistant.models.finding import VerifiedModel
from assistant.models.recommending import Advice, Offer
from assistant.models.shelf import ListedModel, Place
from assistant.policyfile import PolicyReport, PolicyValue
from assistant.summary import Length, Summary, SummaryProgress
from ingest.catalogue import DocumentEntry, DocumentExtent, DocumentState, LibraryCounts, PageText
from ingest.documents import Chunk, HiddenText, Locator, Picture
from ingest.errors import IngestError
from ingest.progress import Progress, Report
from ingest.selection import EVERYTHING, Collection, Selection
from ingest.survey import FolderSurvey
from policies.network import SealReport
from policies.proof import Attempt

DEFAULT_ASKING = Asking()

FOLDER = "/home/reader/notes"
STATS = Stats("scripted-8b", 812, 34, 420.0, 900.0, 31.0, 1510.0, Finish.STOP, 512, 12, 9)


def passage(text: str, path: str = f"{FOLDER}/lease.md", title: str = "Lease", rank: int = 1) -> Passage:
    """A passage that is a whole document."""
    locator = Locator(path, None, None, ("Term",), (3, 4), (0, len(text)))
    return Passage(rank, 0.9, 0.8, title, text, locator, (f"c{rank}.0",))


def answer(
    text: str,
    *,
    question: str = "When does the lease end?",
    passages: Sequence[Passage] = (),
    sentences: Sequence[Sentence] = (),
    coverage: Coverage | None = None,
) -> Answer:
    """An answer that cites each of its passages in full."""
    citations = tuple(Citation(each.rank, each.text, each.locator, each.title) for each in passages)
    return Answer(
        question=question,
        query=question,
        text=text,
        state=State.ANSWERED,
        confidence=0.9,
        sentences=tuple(sentences),
        citations=citations,
        passages=tuple(passages),
        left_out=2,
        coverage=coverage,
        receipt=Receipt("0" * 64, (), "", 0, 0.0),
        stats=STATS,
    )


LEASE = "The lease begins on 1 October 2025.\nIt ends on 30 September 2028 without notice being needed."

ANSWERED = answer(
    "The lease ends on **30 September 2028** [1].\n\n"
    "- No notice is needed. [1]\n- The deposit is 1,400 euros.",
    passages=[passage(LEASE)],
    sentences=[
        Sentence("The lease ends on **30 September 2028**.", Verdict.BACKED, "", 1),
        Sentence("No notice is needed.", Verdict.WEAK, "only part of it stands in the passage", 1),
        Sentence("The deposit is 1,400 euros.", Verdict.UNBACKED, "no passage names 1,400", None),
    ],
)

AT = 1.79e9
"""Seconds since 1970, some time in 2026."""

ENTRIES = (
    DocumentEntry(f"{FOLDER}/lease.md", DocumentState.INDEXED, "", 12, 4_096, "text/markdown", AT),
    DocumentEntry(
        f"{FOLDER}/garden/pond.org", DocumentState.INDEXED, "", 9, 1_638, "text/x-org", AT - 90_000
    ),
    DocumentEntry(
        f"{FOLDER}/scans/receipt.pdf",
        DocumentState.FAILED,
        "damaged: no page could be read",
        0,
        90_112,
        None,
        None,
    ),
    DocumentEntry(
        f"{FOLDER}/video.mp4", DocumentState.SKIPPED, "unknown type .mp4", 0, 8_388_608, None, None
    ),
    DocumentEntry(f"{FOLDER}/travel/lisbon.md", DocumentState.PENDING, "", 5, 1_536, "text/markdown", None),
)


INDEXED = Report(1, 0, 0, 0, (), (), (), 1, 1, 0.1)
"""One file was added, with one chunk."""


HEADER = GGUFHeader(
    architecture="llama",
    name="scripted",
    licence="MIT",
    quantization="Q4_K_M",
    parameters=8_000_000_000,
    trained_tokens=8_192,
    chat_template="",
    vocabulary="",
    bytes=4_900_000_000,
    layers=(),
    outside_bytes=0,
    kv_bytes=0,
)

ON_DISK = (
    ListedModel("scripted-8b", "scripted-8b", Place.FOLDER, Path("/models/scripted-8b.gguf"), HEADER, ""),
    ListedModel("tiny", "tiny", Place.BUNDLED, Path("/models/tiny.gguf"), HEADER, ""),
    ListedModel("broken", "broken", Place.FOLDER, Path("/models/broken.gguf"), None, "is not a GGUF file"),
)

RECOMMENDED = (
    Advice(
        Offer(
            "qwen3-4b",
            "https://models.example/qwen3-4b.gguf",
            2_500_000_000,
            "0" * 64,
            "Q4_K_M",
            4.0,
            3_300,
            32_768,
            "Apache-2.0",
        ),
        fits=True,
        wait_s=17.0,
        rate=12.8,
    ),
)

SURVEYS = (
    FolderSurvey(
        453,
        64_409_000,
        {".md": (412, 3_400_000), ".pdf": (38, 61_000_000), ".org": (3, 9_000)},
        {"unknown type .mp4": 4, "symbolic link": 2},
        done=True,
    ),
)


ATTEMPTS = (
    Attempt("TCP over IPv4", "Python", True, "EPERM from the kernel"),
    Attempt("DNS lookup", "ctypes", True, "EPERM from the kernel"),
)


LOG = (
    AuditEntry(3, AT, "model", f"scripted-8b, sha256 {'b' * 64}", ()),
    AuditEntry(2, AT - 60, "opened", "under the seal", ()),
    AuditEntry(1, AT - 7000, "forgot", "documents on request: 3", ("0f" * 16,) * 3),
)

STORED = (
    StoredData("catalogue.db", "text, places and vectors of your documents", "until removed", 9_437_184),
    StoredData("history.db", "conversations", "until you delete them", 40_960),
)


@dataclass
class StillLibrary:
    """An `Assistant` whose replies are its fields."""

    answers: Sequence[Answer] = (ANSWERED,)
    """The answers to successive questions, and the turns of every conversation."""
    replayed: Answer | None = None
    """The answer of every replay; None raises `NotInHistory`."""
    report: Report = INDEXED
    """What indexing reports."""
    passages: Sequence[Passage] = ()
    """What every search returns."""
    documents: Sequence[DocumentEntry] = ENTRIES
    sources: tuple[SourceStatus, ...] = (SourceStatus(FOLDER, ""),)
    indexing: Indexing = field(default_factory=lambda: Indexing(True, False, 0, 0, (), 0.0, None, ""))
    place: Path = Path("/home/reader/library")
    """The library's folder."""
    titles: Sequence[str] = ("When does the lease end?", "What did the club decide?")
    names: dict[str, list[str]] = field(
        default_factory=lambda: {
            "in": ["garden", "travel"],
            "type": ["md", "org", "pdf"],
            "tag": ["2026"],
            "collection": [],
        }
    )
    used: dict[str, VerifiedModel] = field(
        default_factory=lambda: {
            "embedder": VerifiedModel(
                "all-minilm-l6-v2", Path("/models/m"), "5" * 64, "Apache-2.0", "a-package"
            ),
            "target": VerifiedModel(
                "scripted-8b", Path("/models/scripted-8b.gguf"), "b" * 64, "MIT", "local"
            ),
        }
    )
    rules: tuple[PolicyValue, ...] = ()
    """The rules of the policies."""
    sent: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """What agents were sent: agent, call, and paths."""
    collected: tuple[Collection, ...] = ()
    """The collections."""
    pages: str | None = None
    """The text of every page; None gives the text that a citation quotes."""
    hidden: tuple[HiddenText, ...] = ()
    """The hidden text of every page."""
    pause_s: float = 0.0
    """Pause between two pieces of an answer."""
    failure: Exception | None = None
    """Raised by every question and search."""
    asked: list[str] = field(default_factory=list)
    """The questions and searches so far."""
    selections: list[Selection] = field(default_factory=list)
    """The documents that each of them selects."""
    asking: list[Asking] = field(default_factory=list)
    """How they were asked."""
    removed: list[Path] = field(default_factory=list)
    """The paths removed so far."""
    seal_report: SealReport = field(
        default_factory=lambda: SealReport(sealed=True, kernel={"system call filter": "2"})
    )
    attempts: Sequence[Attempt] = ATTEMPTS
    log: Sequence[AuditEntry] = LOG
    stored: Sequence[StoredData] = STORED
    on_disk: Sequence[ListedModel] = ON_DISK
    recommended: Sequence[Advice] = RECOMMENDED
    folders: Sequence[str] = ("letters", "notes")
    """The names of the folders in every folder."""
    surveys: Sequence[FolderSurvey] = SURVEYS
    """The reports on every folder."""
    used_draft: str = ""
    """The draft model chosen last."""
    paused: bool = False
    closed: bool = False

    def add(self, path: Path) -> Iterator[Progress | Report]:
        self.sources = (*self.sources, SourceStatus(str(path), ""))
        yield Progress(0, 1, f"{path}/a.md")
        yield self.report

    def add_sources(self, paths: list[Path]) -> list[AddedPath]:
        return [AddedPath(path) for path in paths]

    def remove(self, path: Path) -> Forgotten:
        self.removed.append(path)
        return self.forget(path)

    def forget(self, path: Path) -> Forgotten:
        paths = tuple(entry.path for entry in self.documents if Path(entry.path).is_relative_to(path))
        self.documents = [entry for entry in self.documents if entry.path not in paths]
        kept = (Kept("the file", str(path), "Carrel never changes or deletes your files."),)
        return Forgotten(1e9, str(path), paths, (), 3, 2, Derived(1, 1, 4), kept, "")

    def sweep(self, *, dry_run: bool) -> Swept:
        return Swept((f"{FOLDER}/lease.md",), answers=2, entries=1)

    def retry(self, path: Path | None) -> int:
        return 1

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def holds(self, path: Path) -> bool:
        return bool(self.documents)

    def entries(self) -> list[DocumentEntry]:
        return list(self.documents)

    def extent(self, path: Path) -> DocumentExtent | None:
        return DocumentExtent(FOLDER, 1, 1, has_lines=False) if path.is_relative_to(FOLDER) else None

    def status(self) -> Status:
        counts = {state: sum(entry.state is state for entry in self.documents) for state in DocumentState}
        chunks = sum(entry.chunks for entry in self.documents)
        return Status(self.place, self.sources, LibraryCounts(counts, chunks, chunks), self.indexing)

    def policies(self) -> PolicyReport:
        return PolicyReport("/config/policies.toml" if self.rules else "", self.rules)

    def audit_log(self, path: Path | None = None) -> list[AuditEntry]:
        return list(self.log)

    def record_sent(self, agent: str, call: str, paths: list[Path]) -> None:
        self.sent.append((agent, call, [str(path) for path in paths]))

    def verify_audit(self, head: str) -> AuditVerdict:
        return AuditVerdict(len(self.log), 0, f"{len(self.log)}-{'0f' * 16}", ())

    def models(self) -> dict[str, VerifiedModel]:
        return self.used

    def search(self, query: str, k: int, *, selection: Selection = EVERYTHING) -> Search:
        self._fail()
        self.asked.append(query)
        self.selections.append(selection)
        return Search(query, tuple(self.passages[:k]), 1.0)

    def ask(
        self,
        question: str,
        *,
        conversation: str = "",
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        self._fail()
        reply = self.answers[len(self.asked) % len(self.answers)]
        self.asked.append(question)
        self.selections.append(asking.selection)
        self.asking.append(asking)
        yield SearchFinished(Search(question, reply.passages, 12.0))
        if asking.every:
            yield DocumentProgress(0, 1, reply.passages[0].locator.path)
        began = time.monotonic()
        words = reply.text.split(" ") if reply.state is State.ANSWERED else []
        for number, word in enumerate(words):
            if cancelled():
                return
            time.sleep(max(began + number * self.pause_s - time.monotonic(), 0.0))
            yield AnswerText(word + " ", reply.is_unsure)
        yield reply

    def chunk_at(self, path: Path, line: int) -> Chunk | None:
        return None

    def embed(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] for _ in texts]

    def summarize(
        self,
        path: Path,
        *,
        length: Length = Length.MEDIUM,
        focus: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[SummaryProgress | Summary]:
        return iter(())

    def picture(self, locator: Locator, width: int) -> Picture:
        return Picture(4, 2, bytes(range(24)))

    def page(self, locator: Locator) -> PageText:
        if self.pages is not None:
            return PageText(self.pages, self.hidden)
        for reply in self.answers:
            for shown in reply.passages:
                if shown.locator == locator:
                    return PageText(shown.text, self.hidden)
        raise IngestError(f"{locator.path} has changed.")

    def chunks(self, path: Path, first: int) -> list[Chunk]:
        return []

    def collections(self) -> list[Collection]:
        return list(self.collected)

    def collect(self, name: str, paths: list[Path], tags: list[str], context: str | None) -> None:
        self.collected = (Collection(name, context or "", tuple(map(str, paths)), tuple(tags)),)

    def uncollect(self, name: str, paths: list[Path], tags: list[str]) -> None:
        self.collected = tuple(each for each in self.collected if each.name != name)

    def filter_values(self) -> dict[str, list[str]]:
        return self.names

    def use(self, target: str, draft: str) -> None:
        self.used_draft = draft
        self.used = {**self.used, "target": VerifiedModel(target, Path(target), "c" * 64, "", "local")}

    def conversations(self) -> list[Conversation]:
        return [Conversation(f"c{n}", title, 1e9 + n, 1) for n, title in enumerate(self.titles)]

    def turns(self, conversation: str) -> list[Turn]:
        return [Turn(f"t{n}", conversation, 1e9 + n, Asking(), each) for n, each in enumerate(self.answers)]

    def turn(self, key: str) -> Turn:
        for turn in self.turns(""):
            if turn.id == key:
                return turn
        raise NotInHistory(f"There is no saved answer {key}.")

    def replay(self, key: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        if self.replayed is None:
            raise NotInHistory(f"There is no saved answer {key}.")
        yield self.replayed

    def forget_conversation(self, conversation: str) -> None:
        self.titles = self.titles[1:]

    def seal(self) -> SealReport:
        return self.seal_report

    def prove_seal(self) -> list[Attempt]:
        return list(self.attempts)

    def stored_data(self) -> list[StoredData]:
        return list(self.stored)

    def models_on_disk(self) -> list[ListedModel]:
        return list(self.on_disk)

    def recommended_models(self) -> list[Advice]:
        return list(self.recommended)

    def subfolders(self, folder: Path) -> list[Path]:
        return [folder / name for name in self.folders]

    def survey(
        self, folder: Path, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[FolderSurvey]:
        yield from self.surveys

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


def hostile(texts: Sequence[str], folder: str) -> StillLibrary:
    """A library in which each of `texts` is in every place that can be shown."""
    document = "\n".join(texts)
    everything = " ".join(texts)

    def hostile_answer(text: str) -> Answer:
        shown = Passage(
            1,
            0.9,
            0.8,
            text,
            document,
            Locator(f"{folder}/{text.replace('/', '')}", 3, text, (text,), None, (0, len(document))),
            ("c.0",),
        )
        return answer(
            f"{text}\n\n# {text}\n\n- {text}\n\n> {text}\n\n| a | b |\n|---|---|\n| {text} | c |\n\n"
            f"```\n{text}\n```\n\n*{text}* [1]",
            question=text,
            passages=[shown],
            sentences=[Sentence(text, Verdict.UNBACKED, text, None), Sentence("c", Verdict.WEAK, text, 1)],
            coverage=Coverage(3, 2, 9, 6, ((f"{folder}/{text.replace('/', '')}", text),)),
        )

    entries = [
        DocumentEntry(f"{folder}/{text.replace('/', '')}.md", DocumentState.FAILED, text, 0, 10, text, None)
        for text in texts
    ]
    return StillLibrary(
        answers=[hostile_answer(text) for text in texts],
        documents=entries,
        sources=tuple(SourceStatus(f"{folder}/{text.replace('/', '')}", text) for text in texts),
        indexing=Indexing(True, False, 2, 3, tuple(texts), 1.0, 9.0, everything),
        titles=list(texts),
        names={"in": list(texts), "type": list(texts), "tag": list(texts), "collection": list(texts)},
        rules=(PolicyValue("agents.collections", texts[0], texts[0], texts[0]),),
        collected=tuple(Collection(text, text, (text,), (text,)) for text in texts),
        used={
            role: VerifiedModel(text, Path(f"/models/{number}.gguf"), text, text, text)
            for number, (role, text) in enumerate(zip(("embedder", "target", "draft"), texts, strict=False))
        },
        failure=IngestError(everything, remedy=everything),
        seal_report=SealReport(sealed=False, kernel={everything: everything}),
        attempts=[Attempt(text, text, False, text) for text in texts],
        log=[AuditEntry(1, AT, everything, everything, (everything,))],
        stored=[StoredData(everything, everything, everything, 9)],
        on_disk=[ListedModel(text, text, Place.FOLDER, None, None, text) for text in texts],
        recommended=[
            Advice(Offer(text, text, 1, text, text, 1.0, 1, 1, text), fits=True, wait_s=1.0, rate=9.0)
            for text in texts
        ],
        folders=[text.replace("/", "") for text in texts],
        surveys=[FolderSurvey(9, 99, dict.fromkeys(texts, (1, 9)), dict.fromkeys(texts, 1), done=True)],
    )
