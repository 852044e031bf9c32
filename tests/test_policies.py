"""Policies, by attempts to get past them: what is masked is in no reply and in no file of the library, and
what is never indexed is not read.

A document has numbers in every place that is read, in forms that hide them from a simple search. A person
asks for them, as somebody would who is not meant to know them.
"""

import json
import os
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from assistant.config import load
from assistant.engine.scripted import ScriptedEngine
from assistant.library.enforcing import WAITING
from assistant.library.owner import Owner
from ingest.documents import Locator
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError
from ingest.handling import MASKED_PICTURE, NEVER
from ingest.jail import Jail
from ingest.sources import TELLING_NAME
from policies.errors import PolicyRefusal
from tests.running import Carrel, Outcome, owning, write
from tests.test_forgetting import contains_any, files_below, with_its_forms

pytestmark = pytest.mark.model

CARD = "4111111111111111"
IBAN = "DE89370400440532013000"
NIR = "255081416802538"
MAIL = "ottilie.brandauer@example.org"
CASE = "AZ-4711/19"
WIDE = "".join(chr(ord(digit) + 0xFEE0) for digit in CARD)
"""In full-width digits."""

CLIENT = f"""\
---
title: The card of Ottilie is 4111 1111 1111 1111
tags: [{IBAN}]
---
# Payments from DE89 3704 0044 0532 0130 00

Ottilie Brandauer pays with the card 4111\N{SOFT HYPHEN}1111\N{NO-BREAK SPACE}1111-1111, which ends in summer.
Her account is DE89 3704 0044
0532 0130 00 at the Sparkasse. Her insurance number is 2 55 08 14 168 025 38.

| Name | Card |
|---|---|
| Ottilie | {WIDE} |

Write to {MAIL} about the file {CASE}. The garden of Ottilie has a walnut tree.
"""

POLICIES = """
[own]
file-number = 'AZ-[0-9]{4}/[0-9]{2}'
"""


def digits(text: str) -> str:
    """A text without what separates the groups of a number."""
    return "".join(character for character in text if character.isalnum())


def tells(text: str) -> list[str]:
    """Which of the numbers are in a text, whatever stands between their digits."""
    plain = unicodedata.normalize("NFKC", digits(text)).upper()
    found = [number for number in (CARD, IBAN, NIR) if number in plain]
    return found + [word for word in (MAIL, CASE) if word in text]


def told(library: Path) -> set[str]:
    """The files of a library in which a number is found, in any form that a file may hold it in."""
    needles = {
        form.encode(encoding)
        for number in (
            CARD,
            IBAN,
            NIR,
            MAIL,
            CASE,
            "4111 1111 1111 1111",
            "2 55 08 14 168 025 38",
            "1111-1111",
        )
        for form in (number, number.lower())
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
    }
    return {
        name
        for name, content in files_below(library).items()
        if contains_any(needles, with_its_forms(content))
    }


def opened(folder: Path, policies: str | None, jail: Jail, **parts: Any) -> Owner:
    """The owner of the library in `folder`, under these policies; None for no file of policies."""
    file = folder.parent / "settings" / "policies.toml"
    if policies is None:
        file.unlink(missing_ok=True)
    else:
        write(file, policies)
    config = load(write(file.parent / "config.toml", ""))
    engine = parts.pop("engine", None) or ScriptedEngine("Ottilie pays with a card [1].")
    return Owner(folder, config, embedder=HashingEmbedder(), engine=engine, jail=jail, **parts)


def indexed(owner: Owner, folder: Path) -> Any:
    """The report of adding a folder."""
    *_, report = owner.add(folder)
    return report


@pytest.fixture(scope="module")
def carrel(
    tmp_path_factory: pytest.TempPathFactory, cache_home: Path, parts: dict[str, Any]
) -> Iterator[tuple[Callable[..., Outcome], Path, Path]]:
    """Commands on a library whose documents are masked, with their folder and that of the library."""
    home = tmp_path_factory.mktemp("officer")
    write(home / "config" / "carrel" / "policies.toml", POLICIES)
    folder = home / "clients"
    write(folder / "ottilie.md", CLIENT)
    with Carrel(library=home / "library", home=home, cache=cache_home).opened(**parts) as command:
        assert command("add", folder).code == 0
        yield command, folder, home / "library"


@pytest.mark.parametrize(
    "command",
    [
        ("search", "card of Ottilie Brandauer", "-k", "50"),
        ("search", "4111 1111 1111 1111", "-k", "50"),
        ("ask", "What is the number of the card of Ottilie Brandauer?"),
        ("ask", "What is the IBAN of Ottilie?", "--mode", "free"),
        ("ask", "Which account does Ottilie have?", "--conversation", "accounts"),
        ("ls",),
        ("status",),
        ("history", "accounts"),
    ],
    ids=" ".join,
)
def test_no_reply_tells_what_is_masked(carrel: Any, command: tuple[str, ...]) -> None:
    run, _, _ = carrel
    reply = run(*command, "--json").object
    for own in ("question", "query"):
        reply.pop(own, None)
    assert not tells(json.dumps(reply, ensure_ascii=False))
    if command[0] != "search":
        assert not tells(run(*command).text)


def test_a_summary_does_not_tell_what_is_masked(carrel: Any) -> None:
    run, folder, _ = carrel
    for options in ((), ("--json",), ("--focus", "card")):
        assert not tells(run("summarize", folder / "ottilie.md", *options).out.decode())
    assert not tells(run("summarize", "-", stdin=CLIENT.encode()).text)


def test_a_passage_shows_masks_that_a_person_can_read(carrel: Any) -> None:
    run, _, _ = carrel
    text = " ".join(hit["text"] for hit in run("search", "Ottilie", "--json").object["passages"])
    for mask in ("[card ••1111]", "[IBAN ••3000]", "[ID ••38]", "[e-mail]", "[file-number]"):
        assert mask in text


def test_no_file_of_the_library_holds_what_is_masked(carrel: Any) -> None:
    _, _, library = carrel
    assert told(library) == set()


def test_lines_of_a_masked_document_are_those_of_its_file(tmp_path: Path, jail: Jail) -> None:
    write(tmp_path / "notes" / "ottilie.md", CLIENT)
    with opened(tmp_path / "library", "", jail) as owner:
        indexed(owner, tmp_path / "notes")
        (passage, *_) = owner.search("walnut tree garden", 1).passages
        first, last = passage.locator.lines or (0, 0)
    wanted = 1 + CLIENT[: CLIENT.index("walnut")].count("\n")
    assert first <= wanted <= last


def test_what_was_said_before_the_policy_is_erased(tmp_path: Path, jail: Jail) -> None:
    write(tmp_path / "notes" / "ottilie.md", CLIENT)
    write(tmp_path / "notes" / "hedge.md", "The hedge is cut in March.\n")
    library = tmp_path / "library"
    with opened(library, None, jail) as owner:
        indexed(owner, tmp_path / "notes")
        list(owner.ask("Which card does Ottilie have?", conversation="before"))
    assert told(library)
    with opened(library, POLICIES, jail) as owner:
        assert told(library) == set()
        assert owner.turns("before") == []
        assert not tells(repr(owner.search("card of Ottilie", 9)))
        assert {entry.reason for entry in owner.entries()} == {WAITING}
        assert indexed(owner, tmp_path / "notes").failed == ()
        assert "[card ••1111]" in repr(owner.search("card of Ottilie", 9))
    assert told(library) == set()


def test_a_watching_owner_reads_what_a_policy_changed_again(tmp_path: Path, jail: Jail) -> None:
    write(tmp_path / "notes" / "ottilie.md", CLIENT)
    with opened(tmp_path / "library", None, jail) as owner:
        indexed(owner, tmp_path / "notes")
    with opened(tmp_path / "library", POLICIES, jail, watching=True) as owner:
        deadline = time.monotonic() + 60
        while any(entry.reason for entry in owner.entries()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "[card ••1111]" in repr(owner.search("card of Ottilie", 9))


def test_a_question_that_was_asked_before_the_policy_and_tells_is_erased(tmp_path: Path, jail: Jail) -> None:
    write(tmp_path / "notes" / "hedge.md", "The hedge is cut in March.\n")
    library = tmp_path / "library"
    with opened(library, None, jail) as owner:
        indexed(owner, tmp_path / "notes")
        list(owner.ask(f"Whose card is {CARD}?", conversation="before"))
        list(owner.ask("When is the hedge cut?", conversation="hedges"))
    with opened(library, POLICIES, jail) as owner:
        assert not any(CARD in conversation.title for conversation in owner.conversations())
        indexed(owner, tmp_path / "notes")
        list(owner.ask(f"Whose card is {CARD}?", conversation="after"))
        assert [turn.answer.question for turn in owner.turns("after")] == ["Whose card is [card ••1111]?"]
    assert told(library) == set()


def test_a_reason_that_names_what_is_in_a_file_is_masked(tmp_path: Path, jail: Jail) -> None:
    (tmp_path / "notes").mkdir()
    message = EmailMessage()
    message["Subject"] = "Papers"
    message.set_content("The papers are enclosed.")
    message.add_attachment(b"x", maintype="application", subtype="x-unknown", filename=f"{CARD}.zzz")
    (tmp_path / "notes" / "mail.eml").write_bytes(bytes(message))
    with opened(tmp_path / "library", "", jail) as owner:
        indexed(owner, tmp_path / "notes")
        (entry,) = owner.entries()
    assert "[card ••1111]" in entry.reason
    assert told(tmp_path / "library") == set()


def test_a_policy_that_is_lifted_brings_the_text_back(tmp_path: Path, jail: Jail) -> None:
    write(tmp_path / "notes" / "ottilie.md", CLIENT)
    with opened(tmp_path / "library", POLICIES, jail) as owner:
        indexed(owner, tmp_path / "notes")
    with opened(tmp_path / "library", None, jail) as owner:
        assert not tells(repr(owner.search("card of Ottilie", 9)))
        assert indexed(owner, tmp_path / "notes").changed == 1
        assert CARD in digits(repr(owner.search("card of Ottilie", 9)))


def test_no_copy_and_no_move_carries_text_into_a_masked_folder(tmp_path: Path, jail: Jail) -> None:
    kept, masked = tmp_path / "notes" / "kept", tmp_path / "notes" / "masked"
    write(kept / "ottilie.md", CLIENT)
    write(kept / "second.md", CLIENT.replace("walnut", "cherry"))
    masked.mkdir()
    policies = f'{POLICIES}[sources."{kept}"]\nkeep = true\n'
    with opened(tmp_path / "library", policies, jail) as owner:
        indexed(owner, tmp_path / "notes")
        shutil.copy(kept / "ottilie.md", masked / "copy.md")
        os.rename(kept / "second.md", masked / "moved.md")
        indexed(owner, tmp_path / "notes")
        found = {hit.locator.path: hit for hit in owner.search("card of Ottilie tree", 50).passages}
        pages = {
            name: owner.page(Locator(str(path), None, None, (), None, (0, 1))).text
            for name, path in {"copy": masked / "copy.md", "moved": masked / "moved.md"}.items()
        }
    assert {Path(path).name for path in found} == {"ottilie.md", "copy.md", "moved.md"}
    assert not any(map(tells, pages.values()))
    assert not tells(repr([hit for path, hit in found.items() if "/masked/" in path]))


def test_a_picture_of_a_masked_page_is_refused(tmp_path: Path, jail: Jail) -> None:
    path = write(tmp_path / "notes" / "ottilie.md", CLIENT)
    with opened(tmp_path / "library", "", jail) as owner:
        indexed(owner, tmp_path / "notes")
        with pytest.raises(IngestError, match=MASKED_PICTURE[:30]):
            owner.picture(Locator(str(path), 1, None, (), None, (0, 1)), 100)


def test_a_file_whose_name_tells_is_left_out_and_listed_by_its_masked_name(
    tmp_path: Path, jail: Jail
) -> None:
    write(tmp_path / "notes" / "card 4111 1111 1111 1111.md", "The card is valid.\n")
    write(tmp_path / "notes" / "hedge.md", "The hedge is cut in March.\n")
    with opened(tmp_path / "library", None, jail) as owner:
        indexed(owner, tmp_path / "notes")
    with opened(tmp_path / "library", "", jail) as owner:
        assert told(tmp_path / "library") == set()
        report = indexed(owner, tmp_path / "notes")
        entries = {entry.path: entry.reason for entry in owner.entries()}
    masked = str(tmp_path / "notes" / "card [card ••1111].md")
    assert entries == {masked: TELLING_NAME, str(tmp_path / "notes" / "hedge.md"): ""}
    assert report.skipped == ((masked, TELLING_NAME),)
    assert told(tmp_path / "library") == set()


def test_a_client_cannot_choose_other_policies(tmp_path: Path, cache_home: Path, embedder: Any) -> None:
    person = Carrel(library=tmp_path / "library", home=tmp_path, cache=cache_home)
    write(tmp_path / "config" / "carrel" / "policies.toml", f'never_index = ["hr"]\n{POLICIES}')
    other = write(tmp_path / "other" / "config.toml", "")
    notes = tmp_path / "notes"
    write(notes / "ottilie.md", CLIENT)
    write(notes / "hr" / "salaries.md", "The salary of Ottilie is 250000 crowns.\n")
    with owning(person):
        added = person("add", notes, "--json", "--config", other)
        assert added.object["sources"][0]["never"] == 1
        assert person("add", notes / "hr", "--config", other).code == 4
        found = person("search", f"card {CARD} salary", "-k", "50", "--json", "--config", other).object
        assert found.pop("query") == "card [card ••1111] salary"
        assert found["passages"]
        assert not tells(json.dumps(found, ensure_ascii=False))
        assert not tells(person("get", "ottilie.md", "--config", other).text)
        shown = person("policy", "show", "--json", "--config", other).object
    assert shown["outdated"]
    assert {rule["key"] for rule in shown["rules"]} == {"mask", "never_index", "own.file-number"}
    assert told(tmp_path / "library") == set()


# Never indexed

NEVER_RULES = {
    "a folder": 'never_index = ["{notes}/hr"]',
    "a pattern": 'never_index = ["salar*"]',
    "a pattern with folders": 'never_index = ["hr/**"]',
    "a folder by its name": 'never_index = ["hr"]',
    "a source": '[sources."{notes}/hr"]\nnever_index = true',
    "a pattern in a source": '[sources."{notes}"]\nnever_index = ["hr/*.md"]',
    "a folder in another normal form": 'never_index = ["{notes}/hr"]',
}


@pytest.mark.parametrize("rule", NEVER_RULES)
def test_what_is_never_indexed_is_not_opened(tmp_path: Path, jail: Jail, rule: str) -> None:
    notes = tmp_path / "notes"
    write(notes / "hr" / "salaries.md", "The salary of Ottilie is 250000 crowns.\n")
    write(notes / "hedge.md", "The hedge is cut in March.\n")
    os.chmod(notes / "hr" / "salaries.md", 0o600)
    before = os.stat(notes / "hr" / "salaries.md").st_atime_ns
    with opened(tmp_path / "library", NEVER_RULES[rule].format(notes=notes), jail) as owner:
        report = indexed(owner, notes)
        assert report.added == 1
        assert [entry.path for entry in owner.entries()] == [str(notes / "hedge.md")]
        assert list(owner.survey(notes))[-1].files == 1
    assert os.stat(notes / "hr" / "salaries.md").st_atime_ns == before


def test_what_was_indexed_before_is_erased(tmp_path: Path, jail: Jail) -> None:
    notes, library = tmp_path / "notes", tmp_path / "library"
    write(notes / "hr" / "salaries.md", CLIENT)
    write(notes / "hedge.md", "The hedge is cut in March.\n")
    with opened(library, None, jail) as owner:
        indexed(owner, notes)
        list(owner.ask("Which card does Ottilie have?", conversation="before"))
    with opened(library, f'mask = []\nnever_index = ["{notes}/hr"]', jail) as owner:
        assert [entry.path for entry in owner.entries()] == [str(notes / "hedge.md")]
        assert owner.turns("before") == []
        assert told(library) == set()
        assert indexed(owner, notes).unchanged == 1


def test_a_folder_that_is_never_indexed_is_no_source(tmp_path: Path, jail: Jail) -> None:
    folder = tmp_path / "notes" / "hr"
    write(folder / "salaries.md", CLIENT)
    (tmp_path / "link").symlink_to(folder)
    with opened(tmp_path / "library", f'never_index = ["{folder}"]', jail) as owner:
        for path in (folder, tmp_path / "link", folder / "salaries.md"):
            with pytest.raises(PolicyRefusal, match=NEVER[:20]):
                owner.add(path)
        assert owner.entries() == []


def test_a_file_that_is_never_indexed_is_not_summarized(carrel: Any) -> None:
    run, folder, _ = carrel
    file = write(folder.parent / "private" / "diary.md", "The walnut was planted in 1987.\n")
    policies = folder.parent / "config" / "carrel" / "policies.toml"
    before = policies.read_text()
    policies.write_text(f'never_index = ["{file.parent}"]\n{before}')
    try:
        outcome = run("summarize", file)
    finally:
        policies.write_text(before)
    assert outcome.code == 1
    assert NEVER in outcome.narration
    assert "1987" not in outcome.text
