"""A library of Zotero, as far as Carrel reads it, in the tables that Zotero 7 has."""

import sqlite3
from pathlib import Path

SCHEMA = """
CREATE TABLE itemTypes (itemTypeID INTEGER PRIMARY KEY, typeName TEXT);
CREATE TABLE items (itemID INTEGER PRIMARY KEY, itemTypeID INT, key TEXT);
CREATE TABLE fields (fieldID INTEGER PRIMARY KEY, fieldName TEXT);
CREATE TABLE itemDataValues (valueID INTEGER PRIMARY KEY, value);
CREATE TABLE itemData (itemID INT, fieldID INT, valueID INT);
CREATE TABLE creators (creatorID INTEGER PRIMARY KEY, firstName TEXT, lastName TEXT, fieldMode INT);
CREATE TABLE itemCreators (itemID INT, creatorID INT, creatorTypeID INT, orderIndex INT);
CREATE TABLE collections (collectionID INTEGER PRIMARY KEY, collectionName TEXT, parentCollectionID INT);
CREATE TABLE collectionItems (collectionID INT, itemID INT);
CREATE TABLE tags (tagID INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE itemTags (itemID INT, tagID INT);
CREATE TABLE itemNotes (itemID INTEGER PRIMARY KEY, parentItemID INT, note TEXT, title TEXT);
CREATE TABLE itemAttachments (itemID INTEGER PRIMARY KEY, parentItemID INT, path TEXT, contentType TEXT);
CREATE TABLE itemAnnotations (itemID INTEGER PRIMARY KEY, parentItemID INT, type INT, text TEXT, comment TEXT,
    pageLabel TEXT, sortIndex TEXT);
CREATE TABLE deletedItems (itemID INTEGER PRIMARY KEY);
INSERT INTO itemTypes VALUES (1, 'journalArticle'), (2, 'attachment'), (3, 'note'), (4, 'annotation');
INSERT INTO fields VALUES (1, 'title'), (2, 'date'), (3, 'abstractNote'), (4, 'publicationTitle');
INSERT INTO items VALUES (1, 1, 'ENTRY001'), (2, 2, 'ABCD1234'), (3, 3, 'NOTE0001'), (4, 4, 'ANNO0001'),
    (5, 1, 'ENTRY002'), (6, 3, 'NOTE0002'), (7, 1, 'ENTRY003');
INSERT INTO itemDataValues VALUES (1, 'Reeds of the northern lakes'), (2, '2019-05-00 May 2019'),
    (3, 'We counted reeds.'), (4, 'Journal of Lakes'), (5, 'A deleted paper');
INSERT INTO itemData VALUES (1, 1, 1), (1, 2, 2), (1, 3, 3), (1, 4, 4), (5, 1, 5);
INSERT INTO creators VALUES (1, 'Ada', 'Okonkwo', 0), (2, NULL, 'Lake Institute', 1);
INSERT INTO itemCreators VALUES (1, 2, 1, 1), (1, 1, 1, 0);
INSERT INTO collections VALUES (1, 'Thesis', NULL);
INSERT INTO collectionItems VALUES (1, 1);
INSERT INTO tags VALUES (1, 'wetlands');
INSERT INTO itemTags VALUES (1, 1);
INSERT INTO itemAttachments VALUES (2, 1, 'storage:reeds.md', 'text/markdown');
INSERT INTO itemNotes VALUES
    (3, 1, '<div><p>Compare with <b>Lind</b>.</p><p>Ask about the &amp; plots.</p></div>', 'Compare'),
    (6, NULL, '<p>Return the books on Friday.</p>', 'Errands');
INSERT INTO itemAnnotations VALUES (4, 2, 1, 'Reeds grow by 4 cm a day.', 'Too fast?', '12', '00001');
INSERT INTO deletedItems VALUES (5);
"""


def zotero(more: str = "") -> bytes:
    """A `zotero.sqlite` with an entry that has a file, a note and an annotation; `more` is SQL."""
    database = sqlite3.connect(":memory:")
    database.executescript(SCHEMA + more)
    data = database.serialize()
    database.close()
    return data


def write_library(folder: Path, more: str = "") -> Path:
    """The library with its file in a folder; returns the file."""
    file = folder / "storage" / "ABCD1234" / "reeds.md"
    file.parent.mkdir(parents=True)
    file.write_text("# Chapter 1\n\nThe plots lie north of the lake.\n")
    (folder / "zotero.sqlite").write_bytes(zotero(more))
    return file
