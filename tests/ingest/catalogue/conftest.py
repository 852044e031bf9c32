"""An empty catalogue for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.catalogue import Catalogue
from tests.running import KEY


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """An empty catalogue in `tmp_path`."""
    catalogue = Catalogue(tmp_path / "catalogue.db", KEY)
    yield catalogue
    catalogue.close()
