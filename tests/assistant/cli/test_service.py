"""What `carrel watch` reports while it runs. Its processes are tested in tests/assistant/library."""

import io
import json

import pytest

from assistant.cli.output import Output
from assistant.cli.render.service import print_notice
from assistant.library.owner import Notice
from ingest.keeper import Indexed
from ingest.progress import Report
from ingest.scopes import Offline, Online

REPORT = Report(2, 0, 0, 5, (), (("/notes/a.pdf", "encrypted"),), (), 9, 9, 0.1)


@pytest.mark.parametrize(
    ("notice", "narration", "event"),
    [
        (Indexed("/notes", REPORT), "/notes: 2 added, 1 failed", "indexed"),
        (Offline("/usb", "not mounted"), "/usb cannot be reached (not mounted).", "offline"),
        (Online("/usb"), "/usb can be reached again.", "online"),
    ],
    ids=["indexed", "offline", "online"],
)
def test_every_event_is_narrated_and_is_an_object_on_its_own_line(
    notice: Notice, narration: str, event: str
) -> None:
    out, err = io.StringIO(), io.StringIO()
    print_notice(Output(out, err, as_json=True), notice)
    assert narration in err.getvalue()
    assert json.loads(out.getvalue())["event"] == event
    out = io.StringIO()
    print_notice(Output(out, err), notice)
    assert out.getvalue() == "", "only programs read events from stdout"
