"""A process that a document has subverted cannot leave its confinement: each escape is tried from within.

The owner, the terminal UI and the template are the real ones, started as Carrel starts them.
"""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.library import forked
from ingest.jail import Jail
from policies import confinement, endpoint
from tests.escaping import HOME, SOURCE, VICTIM
from tests.running import Carrel, write
from tests.sealing import ROOT, run

pytestmark = pytest.mark.skipif(confinement.landlock_abi() < 6, reason="this kernel's Landlock is older")

REFUSED = {"EACCES", "EPERM", "EXDEV", "ELOOP", "ENXIO"}
"""EXDEV: moving and linking out of what may be changed, leaving a source. ELOOP: a link. ENXIO: a device."""

START = f"""
import json, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from assistant.config import Config
library = Path(sys.argv[1])
"""

AS_WATCHER = """
from assistant.cli.session import Role, connect
connection = connect(Role.OWNER, library, Config())
from assistant.library.owner import Owner
with Owner(library, Config(), lock=connection.lock, watching=True):
    import tests.escaping
    print(json.dumps({**tests.escaping.escapes(), **tests.escaping.from_broker()}))
"""

AS_COMMAND = """
import os
from assistant.cli.session import Role, Session, connect
connection = connect(Role.READER, library, Config())
source = Path(os.environ["CARREL_TEST_SOURCE"])
with Session(Config(), library, None, connection, None, None, None).open([source]):
    import threading, tests.escaping
    found = {}
    thread = threading.Thread(target=lambda: found.update(tests.escaping.escapes()))
    thread.start()
    thread.join()
    print(json.dumps({**found, **tests.escaping.from_broker()}))
"""

AS_UI = """
import types
from tui import starting
from tui.handover import Handover

class Subverted:
    return_code = 0
    calls = types.SimpleNamespace(close=lambda seconds: None)

    def __init__(self, attach, values, outside):
        pass

    def run(self):
        import tests.escaping
        print(json.dumps(tests.escaping.escapes()))

sys.modules["tui.app"] = types.SimpleNamespace(CarrelApp=Subverted)
starting._run_ui(library, Config(), False, None, Handover())
"""


@pytest.fixture
def person(carrel: Carrel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carrel]:
    """A home with the files that an attacker wants, a folder of documents, and another running program."""
    for name in (".bashrc", ".ssh/authorized_keys", "config/carrel/config.toml", "projects/.git/config"):
        write(carrel.home / name)
    for name in ("notes/note.md", "letters/letter.md"):
        write(carrel.home / name)
    os.mkfifo(carrel.home / "notes" / "pipe")
    for name in (".config/autostart", ".config/systemd/user", "library"):
        (carrel.home / name).mkdir(parents=True, mode=0o700)
    with subprocess.Popen(["sleep", "600"]) as victim:
        monkeypatch.setenv(HOME, str(carrel.home))
        monkeypatch.setenv(VICTIM, str(victim.pid))
        monkeypatch.setenv(SOURCE, str(carrel.home / "notes"))
        yield carrel
        assert victim.poll() is None, "it was ended by the attacker"
        victim.kill()
    assert (carrel.home / ".bashrc").read_text() != "owned"
    assert stat.S_IMODE((carrel.home / ".ssh" / "authorized_keys").stat().st_mode) & 0o077 != 0o066


@pytest.mark.parametrize("program", [AS_WATCHER, AS_COMMAND, AS_UI], ids=["watcher", "command", "ui"])
def test_no_escape_from_a_confined_process_gets_through(person: Carrel, program: str) -> None:
    marks = {name: os.environ[name] for name in (HOME, VICTIM, SOURCE)}
    child = subprocess.run(
        [sys.executable, "-c", START + program, person.library],
        env=person.environment(marks),
        cwd=person.home,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == 0, child.stderr
    results = json.loads(child.stdout)
    assert len(results) >= 30
    if program != AS_UI:
        assert results.pop("a document, by the broker") == "it got through"
    if program == AS_WATCHER:
        # A person may add any folder while it runs.
        assert results.pop("a document of no source, by the broker") == "it got through"
    assert {name: result for name, result in results.items() if result not in REFUSED} == {}


@pytest.mark.parametrize("abi", range(8))
def test_an_older_kernel_confines_what_it_knows(abi: int, tmp_path: Path) -> None:
    """Without Landlock, the filter of system calls still refuses programs."""
    (tmp_path / "own").mkdir()
    outcome = run(f"""
import subprocess
from pathlib import Path
from policies import confinement
from policies.confinement import FileAccess, code
confinement.landlock_abi = lambda: {abi}
seal()
folder = Path({str(tmp_path)!r})
assert confinement.confine_process(FileAccess(read=(*code(), folder), write=(folder / "own",))) == {abi}
folder.joinpath("own", "a").write_text("allowed")
def refused(attempt):
    try:
        attempt()
    except PermissionError:
        return 1
    return 0
print(
    refused(lambda: folder.joinpath("b").write_text("owned")),
    refused(lambda: subprocess.run(["/bin/true"])),
    refused(lambda: os.kill(os.getppid(), 0)),
)
""")
    assert outcome == f"{int(abi >= 1)} 1 {int(abi >= 6)}"
    missing = confinement.gaps(abi)
    assert ("files and programs" in missing, "signals to other processes" in missing) == (abi < 1, abi < 6)


def test_a_link_that_a_subverted_owner_leaves_for_the_next_process_is_not_followed(
    person: Carrel, tmp_path: Path
) -> None:
    """The next owner and the next UI open these before they are confined."""
    secret = person.home / ".ssh" / "authorized_keys"
    before = secret.read_text()
    log = person.home / "state" / "carrel" / "tui.log"
    for left in (person.library / "lock", log):
        left.unlink(missing_ok=True)
        left.symlink_to(secret)
    assert person("watch").code != 0
    with forked.open_log(log) as stream:
        stream.write("a line\n")
    assert secret.read_text() == before
    with socket.socket(socket.AF_UNIX) as another:
        another.bind(str(tmp_path / "bus"))
        another.listen()
        assert endpoint.connect(tmp_path) is None
        (tmp_path / endpoint.NAME).symlink_to(tmp_path / "bus")
        assert endpoint.connect(tmp_path) is None
        (tmp_path / endpoint.NAME).unlink()
        (tmp_path / "bus").rename(tmp_path / endpoint.NAME)
        connection = endpoint.connect(tmp_path)
        assert connection is not None
        connection.close()


def test_a_system_that_confines_nothing_needs_no_broker(tmp_path: Path) -> None:
    outcome = run(f"""
from pathlib import Path
from assistant import confining
from assistant.config import Config
from policies import broker, confinement
confining.machine = confinement.machine = lambda: None
confining.confine_owner(Path({str(tmp_path / "library")!r}), Config().models)
confining.confine_front_end()
print(broker.is_brokered(), confinement.confine())
""")
    assert outcome == "False 0"


def test_a_confined_owner_reads_what_the_kernel_shows_of_devices(tmp_path: Path) -> None:
    outcome = run(f"""
from pathlib import Path
from assistant.config import Config
from assistant.confining import confine_owner
from assistant.engine.energy import SYS
seal()
confine_owner(Path({str(tmp_path / "library")!r}), Config().models)
print(*[(device / "operstate").read_text() for device in SYS.joinpath("class", "net").glob("lo")])
""")
    assert outcome == "unknown"


def test_confinement_adds_at_most_5_ms_to_a_start(tmp_path: Path) -> None:
    script = f"""
import time
from pathlib import Path
from assistant.config import Config
from assistant.confining import confine_owner
import socket
seal()
began = time.process_time()
confine_owner(Path({str(tmp_path / "library")!r}), Config().models)
print((time.process_time() - began) * 1000)
"""
    # Of this process, and the best of some, because other programs run on the machine.
    assert any(float(run(script)) <= 5 for _ in range(20))


def test_a_confined_process_can_prove_its_seal() -> None:
    outcome = run("""
from policies import confinement
from policies.confinement import FileAccess, code
seal()
confinement.confine_process(FileAccess(read=code()))
attempts = prove()
print(all(attempt.refused for attempt in attempts), sum(a.via == "an executed child" for a in attempts))
""")
    assert outcome == "True 10"


def test_the_broker_starts_only_the_programs_that_it_was_born_with(tmp_path: Path) -> None:
    outcome = run(
        """
from policies.broker import Program, spawn, start_broker
from policies import broker, confinement
import time
known = Program("known", ("-I",), "import sys; sys.exit(len(sys.argv))", r"[0-9]+")
seal()
start_broker([known])
confinement.confine_process(confinement.FileAccess(read=confinement.code()))
def code_of(child):
    while (code := child.poll()) is None:
        time.sleep(0.01)
    return code
print(code_of(spawn(known, ["1", "2"], [])))
def refused(ask):
    try:
        ask()
    except (OSError, ValueError):
        return 1
    return 0
other = Program("other", (), "open('owned', 'w')", ".*")
changed = Program("known", (), "open('owned', 'w')", ".*")
print(
    refused(lambda: spawn(other, [], [])),
    refused(lambda: spawn(changed, ["; touch owned"], [])),
    refused(lambda: broker._broker.ask({"kill": os.getppid()})),
    refused(lambda: broker._broker.ask({"kill": 1})),
    refused(lambda: broker._broker.ask({"start": ["known"], "arguments": 1})),
    refused(lambda: broker._broker.ask({})),
    refused(lambda: broker._broker.ask([])),
    refused(lambda: broker._broker.ask({"open": "", "flags": 0})),
    refused(lambda: broker._broker.ask({"poll": float("inf")})),
    code_of(spawn(changed, ["7"], [])),
)
""",
        cwd=tmp_path,
    )
    assert outcome.split() == ["3", *"111111111", "2"]
    assert list(tmp_path.iterdir()) == []


def test_no_escape_from_the_template_gets_through(person: Carrel, tmp_path: Path) -> None:
    note = write(tmp_path / "note.md")
    jail = Jail(parser="tests.escaping")
    try:
        with note.open("rb") as file:
            document = jail.parse(str(note), file.fileno(), "0" * 64)
    finally:
        jail.close()
    results = json.loads(document.pages[0])
    assert len(results) >= 30
    assert {name: result for name, result in results.items() if result not in REFUSED} == {}
