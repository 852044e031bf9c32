"""The table of keys."""

import pytest

from assistant.config import TuiSettings
from assistant.errors import ConfigError
from tests.still import StillLibrary
from tests.tui.still import app, start_values
from tui.keys import KEYS, PLACES


def test_ids_are_unique_and_begin_with_a_place_that_the_help_names() -> None:
    ids = [key.id for key in KEYS]
    assert len(set(ids)) == len(ids)
    assert {key.place for key in KEYS} == set(PLACES)


def test_every_meaning_is_a_sentence() -> None:
    assert all(key.meaning[0].isupper() and key.meaning.endswith(".") for key in KEYS)


def test_an_unknown_key_id_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError) as refused:
        app(StillLibrary(), start_values(settings=TuiSettings(keys={"chat.opne": "x"})))
    assert refused.value.remedy == "Did you mean chat.open?"


def test_no_action_has_only_a_key_that_tmux_or_screen_takes() -> None:
    prefixes = {"ctrl+a", "ctrl+b"}
    assert not [key.id for key in KEYS if set(key.keys.split(",")) <= prefixes]
