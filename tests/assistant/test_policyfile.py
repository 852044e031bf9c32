"""`policies.toml`: every mistake is said with its line, and what is in force is shown with its origin."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.config import load
from assistant.errors import ConfigError
from assistant.policyfile import NO_POLICIES, PORT, Serving, load_policies
from ingest.masking.findings import SensitiveKind
from tests.running import Carrel, write

ALL = frozenset(map(str, SensitiveKind))


def failure(folder: Path, text: str) -> ConfigError:
    """The error of reading a file with this text."""
    write(folder / "policies.toml", text)
    with pytest.raises(ConfigError) as caught:
        load_policies(folder)
    return caught.value


def test_without_a_file_nothing_is_masked_or_left_out(tmp_path: Path) -> None:
    assert load_policies(tmp_path) is NO_POLICIES
    assert not NO_POLICIES.handling.kinds("/notes/a.md")
    assert not NO_POLICIES.handling.is_never("/notes/a.md")


def test_the_settings_are_read_without_parsers_and_masks(tmp_path: Path) -> None:
    program = "import sys, assistant.config; assistant.config.load(None); print(*sys.modules)"
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    run = [sys.executable, "-c", program]
    loaded = subprocess.run(
        run, env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert not {"ingest.parsers", "ingest.masking", "pathspec"} & set(loaded.split())


def test_an_empty_file_masks_everything(tmp_path: Path) -> None:
    write(tmp_path / "policies.toml", "")
    assert load_policies(tmp_path).handling.kinds("/notes/a.md") == ALL


def test_the_innermost_source_counts(tmp_path: Path) -> None:
    text = """
    mask = ["card"]
    [sources."/notes"]
    keep = true
    [sources."/notes/clients"]
    mask = ["iban"]
    [sources."/notes/clients/old"]
    """
    write(tmp_path / "policies.toml", text)
    handling = load_policies(tmp_path).handling
    kinds = {
        path: sorted(handling.kinds(path))
        for path in ("/a.md", "/notes/a.md", "/notes/clients/a.md", "/notes/clients/old/a.md", "/notesy/a.md")
    }
    assert list(kinds.values()) == [["card"], [], ["iban"], ["card"], ["card"]]


def test_an_accent_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    composed, apart = "B\N{LATIN SMALL LETTER U WITH DIAERESIS}ro", "Bu\N{COMBINING DIAERESIS}ro"
    for rule, path in ((composed, apart), (apart, composed)):
        text = f'mask = []\nnever_index = ["{rule}"]\n[sources."/notes/{rule}"]\nmask = ["card"]\n'
        write(tmp_path / "policies.toml", text)
        handling = load_policies(tmp_path).handling
        assert handling.kinds(f"/notes/{path}/a.md") == {"card"}
        assert handling.is_never(f"/home/{path}/a.md")


def test_a_path_that_leads_through_a_link_is_the_place_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    rules = f'[sources."{tmp_path}/link"]\nkeep = true\nnever_index = ["hr"]\n'
    write(tmp_path / "policies.toml", rules)
    handling = load_policies(tmp_path).handling
    assert not handling.kinds(f"{tmp_path}/real/a.md")
    assert handling.is_never(f"{tmp_path}/real/hr/a.md")
    assert not handling.is_never(f"{tmp_path}/other/hr/a.md")


@pytest.mark.parametrize(
    ("text", "line", "problem", "remedy"),
    [
        ("maks = []", 1, "maks is set, but there is no such key", "Did you mean mask?"),
        ("\n[surces]\n", 2, "surces is set", "Did you mean sources?"),
        ('[sources."/a"]\nneverindex = true', 2, "neverindex is set", "Did you mean never_index?"),
        ('mask = "none"', 1, 'mask is not "all" or a list of classes', ""),
        ('mask = ["cards"]', 1, "names the class cards", "Did you mean card?"),
        ('mask = ["zebra"]', 1, "names the class zebra", "The classes are:"),
        ("never_index = true", 1, "never_index is not a list", ""),
        ('never_index = [\n  "a",\n  "!b",\n]', 1, "'!b'", ""),
        ('never_index = ["# a"]', 1, "'# a'", ""),
        ('never_index = [""]', 1, "''", ""),
        ('never_index = [" a "]', 1, "' a '", ""),
        ('never_index = ["./hr"]', 1, "'./hr'", ""),
        ('never_index = ["a/../hr"]', 1, "'a/../hr'", ""),
        ('never_index = ["~nobody-here/hr"]', 1, "names no folder of a user", ""),
        ('never_index = ["hr\\u0000"]', 1, "matches nothing", ""),
        ('[sources."/a"]\nnever_index = ["/a/hr"]', 2, "paths here begin in the source", ""),
        ('[sources."/a"]\nnever_index = ["~/hr"]', 2, "paths here begin in the source", ""),
        ('[sources."/a"]\n[sources."/a/"]', 2, "names the same folder as another source", ""),
        ('[sources."/a\\u0000b"]\nkeep = true', 1, "is not an absolute path", ""),
        ('# first\n\nmask = []\n[sources."notes"]\nkeep = true', 4, "is not an absolute path", ""),
        ('[sources."/a"]\nkeep = 1', 2, "keep is neither true nor false", ""),
        ('[sources."/a"]\nkeep = true\nmask = "all"', 3, "contradicts keep = true", ""),
        ('sources = "/a"', 1, "sources is not a table", ""),
        ('[own]\ncard = "[0-9]{9}"', 2, "own.card is not a name", ""),
        ('[own]\n"Großes" = "[0-9]{9}"', 2, "is not a name", ""),
        ("[own]\nfile = 7", 2, "is not a text", ""),
        ('[own]\nfile = "(a+)+b"', 2, "+ repeats without a limit; write a count such as {1,20}", ""),
        ('[own]\nfile = "[0-9"', 2, "it is not a regular expression", ""),
        ("mask = ", 0, "not valid TOML", ""),
    ],
)
def test_a_mistake_is_said_with_its_line(
    tmp_path: Path, text: str, line: int, problem: str, remedy: str
) -> None:
    error = failure(tmp_path, text)
    assert str(tmp_path / "policies.toml") in error.message
    assert problem in error.message
    assert error.remedy.startswith(remedy)
    if line:
        assert f", line {line}:" in error.message


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.mkdir()
    with pytest.raises(ConfigError, match="Cannot read the policies"):
        load_policies(tmp_path)
    file.rmdir()
    file.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="Cannot read the policies"):
        load_policies(tmp_path)
    file.unlink()
    file.write_bytes(b"mask = ['\xff']")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_policies(tmp_path)


def test_a_wrong_file_keeps_every_command_from_opening_the_library(carrel: Carrel) -> None:
    write(carrel.home / "config" / "carrel" / "policies.toml", "maks = []")
    for command in (["status"], ["search", "lease"], ["policy", "show"], ["summarize", "a.md"]):
        outcome = carrel.here(*command)
        assert outcome.code == 2, command
        assert "maks is set, but there is no such key" in outcome.narration
    assert not carrel.library.exists()


def test_policies_lie_beside_the_configuration_that_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / "office" / "config.toml", "")
    write(tmp_path / "office" / "policies.toml", 'mask = ["iban"]')
    assert load(file).policies.handling.kinds("/a.md") == {"iban"}
    assert load(None).policies is NO_POLICIES


def test_the_rules_in_force_are_shown_with_their_lines(carrel: Carrel) -> None:
    file = carrel.home / "config" / "carrel" / "policies.toml"
    text = (
        'never_index = [\n  "hr",\n  "~/Nowhere",\n]\n\n'
        '[own]\nmatter = "AZ-[0-9]{4}"\n\n[sources."/a b"]\nkeep = true\n'
    )
    write(file, text)
    rules = {rule["key"]: rule for rule in carrel.here("policy", "show", "--json").object["rules"]}
    origins = {key: rule["origin"].removeprefix(f"{file}:") for key, rule in rules.items()}
    assert origins == {"own.matter": "7", "mask": "default", "never_index": "1", 'sources."/a b".keep': "10"}
    assert rules["never_index"]["value"] == ["hr", "~/Nowhere"]
    assert "~/Nowhere" in rules["never_index"]["note"]
    shown = carrel.here("policy", "show")
    assert f'own.matter = "AZ-[0-9]{{4}}" # {file}:7' in " ".join(shown.text.split())
    assert 'mask = "all" # default' in " ".join(shown.text.split())


def test_without_a_file_it_is_said_where_it_would_be(carrel: Carrel) -> None:
    outcome = carrel.here("policy", "show")
    assert os.path.join("config", "carrel", "policies.toml") in outcome.text
    assert "nothing is masked or left out" in outcome.text
    assert carrel.here("policy", "show", "--json").object == {"file": None, "outdated": False, "rules": []}


def test_collections_are_open_to_agents_only_when_they_are_named(tmp_path: Path) -> None:
    assert NO_POLICIES.agents == ()
    write(tmp_path / "policies.toml", 'mask = []\n[agents]\ncollections = ["Work", "tax-2024"]\n')
    policies = load_policies(tmp_path)
    assert policies.agents == ("work", "tax-2024")
    (shown,) = (value for value in policies.report.values if value.key == "agents.collections")
    assert shown.origin.endswith("policies.toml:3")
    assert "may run in a cloud" in shown.note


def test_collections_are_served_over_http_only_when_they_are_named(tmp_path: Path) -> None:
    assert NO_POLICIES.serving.collections == ()
    write(tmp_path / "policies.toml", "mask = []\n[serve]\nport = 9000\n")
    assert load_policies(tmp_path).serving == Serving((), 9000, ())
    write(
        tmp_path / "policies.toml",
        'mask = []\n[serve]\ncollections = ["Work"]\n'
        'origins = ["http://localhost:5173", "app://obsidian.md"]\n',
    )
    policies = load_policies(tmp_path)
    assert policies.agents == ()
    assert policies.serving == Serving(("work",), PORT, ("http://localhost:5173", "app://obsidian.md"))
    notes = {value.key: value.note for value in policies.report.values}
    assert "sends the token" in notes["serve.collections"]
    assert "Web pages" in notes["serve.origins"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("serve = true", "serve is not a table"),
        ('[serve]\ncollection = ["work"]', "serve.collection is set"),
        ('[serve]\ncollections = ["a b"]', "'a b', which cannot be the name"),
        *(
            (f"[serve]\nport = {port}", "from 1024 to 65535")
            for port in (0, 80, 70000, '"8377"', "true", 1e4)
        ),
        *(
            (f'[serve]\norigins = ["{origin}"]', "which is not an origin")
            for origin in (
                "*",
                "null",
                "",
                "https://",
                "notes.example",
                "https://a.example/",
                "HTTPS://A",
                "file://",
            )
        ),
        ('[serve]\norigins = "https://a.example"', "serve.origins is not a list"),
    ],
)
def test_a_misspelt_rule_for_programs_opens_nothing(tmp_path: Path, text: str, message: str) -> None:
    assert message in failure(tmp_path, text).message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("agents = true", "agents is not a table"),
        ('[agents]\ncollections = "work"', "agents.collections is not a list"),
        ("[agents]\ncollections = [7]", "agents.collections is not a list"),
        ('[agents]\ncollections = [" "]', "an empty name"),
        ('[agents]\ncollections = ["work", "Tax 2024"]', "'Tax 2024', which cannot be the name"),
        ('[agents]\ncollections = ["-work"]', "'-work', which cannot be the name"),
        ("[agents]\ncolections = []", "agents.colections is set"),
    ],
)
def test_a_misspelt_rule_for_agents_opens_nothing(tmp_path: Path, text: str, message: str) -> None:
    assert message in failure(tmp_path, text).message
