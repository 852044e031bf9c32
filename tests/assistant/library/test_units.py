"""The service: what its unit says, and that the commands leave nothing behind."""

import configparser
import plistlib
from pathlib import Path

import pytest

from assistant.library import units
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


def directives(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return dict(parser["Service"])


def test_the_unit_repeats_the_seal() -> None:
    service = directives(units.unit(Path("/library"), None, platform="linux").text)
    assert SEALING.items() <= service.items()
    assert '"/library"' in service["ReadWritePaths"]


@pytest.mark.parametrize("name", ["my library", 'a"quote', "100%", "$HOME", "back\\slash"])
def test_a_library_of_any_name_is_one_word_of_the_command(name: str) -> None:
    command = directives(units.unit(Path("/") / name, None, platform="linux").text)["ExecStart"]
    words = command.split('" "')
    escaped = words[words.index("--library") + 1].rstrip('"') if words[-1] != words[0] else ""
    plain = escaped.replace("%%", "%").replace("$$", "$").replace('\\"', '"').replace("\\\\", "\\")
    assert plain == f"/{name}".rstrip('"')


def test_the_configuration_named_is_the_services_too(tmp_path: Path) -> None:
    text = units.unit(tmp_path, tmp_path / "carrel.toml", platform="linux").text
    assert f'"--config" "{tmp_path / "carrel.toml"}"' in text


def test_on_a_mac_it_is_a_launch_agent() -> None:
    unit = units.unit(Path("/library"), None, platform="darwin")
    agent = plistlib.loads(unit.text.encode())
    assert agent["ProgramArguments"][-3:] == ["watch", "--library", "/library"]
    assert agent["RunAtLoad"] is True
    assert unit.path.suffix == ".plist"


def test_install_writes_a_unit_and_uninstall_takes_it_away(carrel: Carrel) -> None:
    # No manager runs for this home, which the command says without failing to write the unit.
    installed = carrel("service", "install", "--json", env={"PATH": "/nowhere"}).object
    unit = Path(installed["unit"])
    assert unit.is_file()
    assert installed["started"] is False
    assert carrel("service", "status", "--json").object["installed"] is True
    assert carrel("service", "uninstall", env={"PATH": "/nowhere"}).code == 0
    assert not unit.exists()
    again = carrel("service", "uninstall")
    assert again.code == 2
    assert "not installed" in again.narration
