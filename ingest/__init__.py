"""File in, searchable chunks out: parsers, chunking, embedding, catalogue, vectors."""
