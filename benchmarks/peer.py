"""The peer of `benchmarks.ingest`: LangChain's indexing of a folder, built as its documentation shows.

`python -m benchmarks.peer FOLDER STORE MODEL` indexes the Markdown and PDF files of FOLDER into a Chroma
index in STORE with the sentence-transformers model at MODEL, and prints the counts as JSON. A second run
finds everything unchanged. Loading libraries and the model is not counted.

Needs the extra `benchmarks`. Imports nothing of Carrel.
"""

import json
import resource
import sys
import time
from pathlib import Path


def main() -> None:
    folder, store, model = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    from langchain_chroma import Chroma
    from langchain_classic.indexes import SQLRecordManager, index
    from langchain_community.document_loaders import DirectoryLoader, PyPDFLoader, TextLoader
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    store.mkdir(parents=True, exist_ok=True)
    vectors = Chroma("notes", HuggingFaceEmbeddings(model_name=model), str(store / "chroma"))
    records = SQLRecordManager("notes", db_url=f"sqlite:///{store}/records.db")
    records.create_schema()
    began = time.perf_counter()
    documents = [
        *DirectoryLoader(str(folder), glob="**/*.md", loader_cls=TextLoader).load(),
        *DirectoryLoader(str(folder), glob="**/*.pdf", loader_cls=PyPDFLoader).load(),
    ]
    pieces = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
    done = index(pieces, records, vectors, cleanup="incremental", source_id_key="source")
    seconds = time.perf_counter() - began
    outcome = {
        "files": len({document.metadata["source"] for document in documents}),
        "chunks": len(pieces),
        "added": done["num_added"],
        "skipped": done["num_skipped"],
        "seconds": seconds,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
