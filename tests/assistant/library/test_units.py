"""The service that starts an owner at login: each library has a unit of its own, which repeats the seal."""

import configparser
import os
import plistlib
import re
import shlex
from pathlib import Path

import pytest

from assistant.config import cache_folder, default_library, state_folder
from assistant.errors import UnitConflict
from assistant.library import units
from assistant.library.units import Unit, library_of, unit_for
from tests.running import Carrel

SEALING = {
    "PrivateNetwork": "yes",
    "RestrictAddressFamilies": "AF_UNIX",
    "ProtectSystem": "strict",
    "NoNewPrivileges": "yes",
    "IPAddressDeny": "any",
    "LimitCORE": "0",
    "UMask": "0077",
}

PLATFORMS = ["linux", "darwin"]


@pytest.fixture(autouse=True)
def no_service_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    """No service manager can be reached, so units are written and not started."""
    monkeypatch.setenv("PATH", "/nowhere")


def directives(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return dict(parser["Service"])


def written(unit: Unit) -> Unit:
    """The unit with its file written."""
    unit.path.parent.mkdir(parents=True, exist_ok=True)
    unit.path.write_text(unit.text, encoding="utf-8")
    return unit


def test_the_unit_repeats_the_seal() -> None:
    service = directives(unit_for(Path("/library"), None, platform="linux").text)
    assert SEALING.items() <= service.items()
    for folder in ("/library", str(cache_folder()), str(state_folder())):
        assert f'"{folder}"' in service["ReadWritePaths"]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    "name", ["my library", 'a"quote', "100%", "$HOME", "back\\slash", "%%n\\x41", "a\nExecStart=x", "é☂"]
)
def test_a_library_of_any_name_is_one_word_of_the_command(name: str, platform: str, tmp_path: Path) -> None:
    unit = written(unit_for(tmp_path / name, None, platform=platform))
    assert library_of(unit.path) == tmp_path / name
    assert unit.is_installed
    if platform == "linux":
        assert len(re.findall("^ExecStart=", unit.text, re.MULTILINE)) == 1


def test_a_path_that_is_not_utf8_is_written_as_bytes(tmp_path: Path) -> None:
    library = tmp_path / os.fsdecode(b"caf\xe9")
    unit = written(unit_for(library, None, platform="linux"))
    assert r"caf\xe9" in unit.text
    assert library_of(unit.path) == library


def test_the_named_configuration_is_the_services_too(tmp_path: Path) -> None:
    text = unit_for(tmp_path, tmp_path / "carrel.toml", platform="linux").text
    assert f'"--config" "{tmp_path / "carrel.toml"}"' in text


def test_on_a_mac_it_is_a_launch_agent() -> None:
    unit = unit_for(Path("/library"), None, platform="darwin")
    agent = plistlib.loads(unit.text.encode())
    assert agent["ProgramArguments"][-3:] == ["watch", "--library", "/library"]
    assert agent["RunAtLoad"] is True
    assert unit.path.stem == agent["Label"]


# A unit for each library


@pytest.mark.parametrize(
    ("platform", "file"), [("linux", "carrel.service"), ("darwin", "org.carrel.watch.plist")]
)
def test_the_default_library_has_the_plain_name(platform: str, file: str) -> None:
    assert unit_for(default_library(), None, platform=platform).path.name == file


def test_another_librarys_unit_is_named_after_it(tmp_path: Path) -> None:
    linux = unit_for(tmp_path / "Tax Office 2026", None, platform="linux")
    mac = unit_for(tmp_path / "Tax Office 2026", None, platform="darwin")
    assert re.fullmatch(r"carrel-tax-office-2026-[0-9a-f]{12}\.service", linux.path.name)
    assert re.fullmatch(r"org\.carrel\.watch\.tax-office-2026-[0-9a-f]{12}\.plist", mac.path.name)
    assert linux.path.name in linux.start[-1]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_libraries_of_one_name_have_different_units(platform: str, tmp_path: Path) -> None:
    folders = [tmp_path / "a" / "notes", tmp_path / "b" / "notes", tmp_path / "a" / "Notes", tmp_path / "☂"]
    assert len({unit_for(folder, None, platform=platform).path for folder in folders}) == 4


def test_a_library_reached_through_a_link_is_the_same_library(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "library")
    unit = written(unit_for(tmp_path / "library", None))
    assert unit_for(tmp_path / "link", None).path == unit.path
    assert unit_for(tmp_path / "link", None).is_installed


def test_a_unit_that_an_earlier_version_gave_the_plain_name_is_found_and_kept(tmp_path: Path) -> None:
    plain = unit_for(default_library(), None)
    plain.path.parent.mkdir(parents=True)
    plain.path.write_text(unit_for(tmp_path, None).text, encoding="utf-8")
    unit = unit_for(tmp_path, None)
    assert unit.path == plain.path
    assert unit.is_installed
    assert not plain.is_installed
    before = plain.path.read_bytes()
    with pytest.raises(UnitConflict, match="another library") as refused:
        plain.install()
    assert f"carrel service uninstall --library {shlex.quote(str(tmp_path))}" in refused.value.remedy
    assert plain.path.read_bytes() == before
    unit.uninstall()
    plain.install()
    assert plain.is_installed


@pytest.mark.parametrize("text", ["", "[Service]\nExecStart=/bin/true\n", "\xff"])
def test_a_file_that_carrel_did_not_write_is_not_overwritten(text: str) -> None:
    unit = unit_for(default_library(), None)
    unit.path.parent.mkdir(parents=True)
    unit.path.write_text(text, encoding="latin-1")
    with pytest.raises(UnitConflict, match="not written by Carrel"):
        unit.install()
    assert unit.path.read_text(encoding="latin-1") == text


def test_installing_again_renews_the_unit(tmp_path: Path) -> None:
    unit_for(tmp_path, None).install()
    again = unit_for(tmp_path, tmp_path / "carrel.toml")
    again.install()
    assert "carrel.toml" in again.path.read_text(encoding="utf-8")


# The commands


def test_two_libraries_are_installed_and_uninstalled_independently(carrel: Carrel) -> None:
    other = Carrel(library=carrel.home / "other", home=carrel.home, cache=carrel.cache)
    env = {"PATH": "/nowhere"}
    first = carrel.here("service", "install", "--json", env=env).object
    second = other.here("service", "install", "--json", env=env).object
    assert first["unit"] != second["unit"]
    assert first["started"] is second["started"] is False, "no service manager runs for this home"
    assert library_of(Path(first["unit"])) == carrel.library
    assert library_of(Path(second["unit"])) == other.library
    assert carrel.here("service", "uninstall", env=env).code == 0
    assert not Path(first["unit"]).exists()
    assert carrel.here("service", "status", "--json").object["installed"] is False
    assert other.here("service", "status", "--json").object["installed"] is True
    again = carrel.here("service", "uninstall")
    assert again.code == 2
    assert "not installed" in again.narration


def test_the_commands_to_start_it_are_printed_when_no_service_manager_does(carrel: Carrel) -> None:
    installed = carrel.here("service", "install", env={"PATH": "/nowhere"})
    assert installed.code == 1
    for line in units.unit_for(carrel.library, None).start:
        assert line[-1].rpartition("/")[2] in installed.text
