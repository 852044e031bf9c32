"""A document is doubted if its file has changed, and not because a new version of Carrel reads it again."""

from pathlib import Path

from assistant.library.checking import checked
from ingest.handling import NO_RULES
from tests.libraries import IndexedFolder


def test_a_file_that_is_to_be_read_again_is_not_said_to_have_changed(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    note = files / "boat.md"
    note.write_text("The boat is moored at the north pier.\n", encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    found = library.retriever.search("Where is the boat moored?", 3)

    def doubted() -> list[str]:
        search = checked(library.catalogue, found, largest_file=1 << 20, handling=NO_RULES)
        return [doubt.path for doubt in search.doubts]

    library.catalogue.documents.read_file_again(str(note))
    assert doubted() == []
    note.write_text("The boat is moored at the south pier.\n", encoding="utf-8")
    assert doubted() == [str(note)]
    library.catalogue.close()
