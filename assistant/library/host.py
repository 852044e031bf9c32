"""What an owner reports about its own process and machine, for front ends that do no I/O themselves.

Nothing here needs an open library. `Owner` inherits it, so the methods are part of the façade
(`assistant.library.facade.Assistant`), whose docstrings describe them.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.library.storage import StoredData, stored_data
from assistant.models import recommending, shelf
from ingest import survey
from ingest.handling import Handling
from policies import network, proof


class HostFacts:
    """The part of the façade that is about the owner's process and machine."""

    def __init__(self, library: Path, *, max_file_bytes: int, handling: Handling) -> None:
        """Remembers what the answers depend on.

        library: the library's folder.
        max_file_bytes: the size of the largest file that indexing reads.
        handling: what it never reads.
        """
        self._library_folder = library
        self._max_file_bytes = max_file_bytes
        self._left_out = handling.is_never

    def seal(self) -> network.SealReport:
        """The seal of this process, as the kernel reports it now."""
        return network.seal_report()

    def prove_seal(self) -> list[proof.Attempt]:
        """Tries to reach the network from this process."""
        return list(proof.prove())

    def stored_data(self) -> list[StoredData]:
        """The files of the library with their sizes."""
        return stored_data(self._library_folder)

    def models_on_disk(self) -> list[shelf.ListedModel]:
        """The language models on this machine; reads their headers."""
        return list(shelf.list_models())

    def recommended_models(self) -> list[recommending.Advice]:
        """The models of the catalogue that fit this machine and are not on it."""
        # 0.1 s to import, because llama.cpp is behind it.
        from assistant.engine.devices import physical_cores

        advice = recommending.advise(
            recommending.catalogue(), memory_bytes=recommending.memory_bytes(), cores=physical_cores()
        )
        here = {model.label for model in shelf.list_models()}
        return [model for model in advice if model.fits and model.offer.name not in here]

    def subfolders(self, folder: Path) -> list[Path]:
        """The visible folders in a folder."""
        return survey.subfolders(folder)

    def survey(
        self, folder: Path, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[survey.FolderSurvey]:
        """What adding a folder would read and skip."""
        return survey.survey(
            folder, max_file_bytes=self._max_file_bytes, left_out=self._left_out, cancelled=cancelled
        )
