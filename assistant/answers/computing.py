"""Answers that are computed: counts, lists, sums, and single cells and fields. No model writes any of them.

The question is taken apart (`wanted`), and every word of it must be found in what is computed: in the tables
of the documents (`tabulating`), in their lists (`listed`), or in what documents state about themselves
(`cataloguing`). If a word stays over, or a sentence states the count that is asked for, the question is about
something else and is answered in the usual way. A wrong exact number is the worst reply there is, so
everything here prefers to compute nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from assistant.answers.billing import from_bill
from assistant.answers.cataloguing import from_documents, from_fields, from_tasks
from assistant.answers.fields import folder_names, is_list_of
from assistant.answers.listed import from_lists
from assistant.answers.prose import states_count
from assistant.answers.retrieval import Retriever
from assistant.answers.stating import ComputedAnswer, Result, state
from assistant.answers.tables import FoundTable, tables
from assistant.answers.tablewords import beginning, same, words_of
from assistant.answers.tabulating import from_tables
from assistant.answers.wanted import Act, Wanted, wanted_by
from assistant.dialogue import Answer, AnswerText, Coverage, Event, Receipt, Search, SearchFinished, State
from ingest.catalogue.records import DocumentContent
from ingest.keywords import is_unspaced
from ingest.language import calculation, measures
from ingest.selection import Selection

MANY = 50
"""Documents beyond which only those that have all words of a question are searched for tables and lists."""

NEAREST = 30
"""Documents that are considered for a question about a single cell or field, those with its words first."""

_GENERAL = (
    calculation.PAID
    | calculation.UNPAID
    | calculation.ROW_NOUNS
    | calculation.STEPS
    | calculation.CONTAINERS
    | calculation.FILLERS
)
"""Words of questions about anything that can be counted."""


def computed_answer(
    question: str, query: str, selection: Selection, retriever: Retriever, receipt: Receipt
) -> Iterator[Event] | None:
    """The events of an answer that is computed, without a search and without a model; None for other answers.

    question, query: as asked, and with its typing errors put right.
    receipt: of an answer without a model.
    """
    computed = compute(query, selection, retriever)
    if computed is None:
        return None
    answer = computed_reply(question, query, computed, receipt, 1.0)
    return iter((SearchFinished(Search(query, computed.passages, 0.0)), AnswerText(computed.text), answer))


def computed_reply(
    question: str, query: str, computed: ComputedAnswer, receipt: Receipt, confidence: float
) -> Answer:
    """The reply that gives a computed answer."""
    return Answer(
        question=question,
        query=query,
        text=computed.text,
        state=State.ANSWERED,
        confidence=confidence,
        sentences=computed.sentences,
        citations=computed.citations,
        passages=computed.passages,
        coverage=computed.coverage,
        computed=computed.computed,
        receipt=receipt,
    )


def compute(question: str, selection: Selection, retriever: Retriever) -> ComputedAnswer | None:
    """The computed answer to `question`; None if it asks for nothing that can be computed with certainty.

    question: without filters; it must not depend on an earlier one.
    """
    wanted = wanted_by(question)
    if wanted is None:
        return None
    selected = retriever.select(selection)
    keys = [key for key, _ in selected]
    if wanted.act is Act.LOOK_UP and not (wanted.per or wanted.owed):
        chosen = retriever.nearest_documents(question, keys, NEAREST)
    else:
        chosen = _with_what_is_asked(selected, wanted, retriever)
    documents = sorted(retriever.contents(chosen), key=lambda document: document.path)
    tabular_paths = _with_all_words(selected, wanted, retriever) if len(documents) > MANY else None
    searched = [each for each in documents if tabular_paths is None or each.path in tabular_paths]
    results = _results(documents, searched, wanted, retriever.sources())
    if not results:
        return None
    computed = state(
        results,
        Coverage(
            files=len(keys),
            files_read=len(keys),
            chunks=retriever.chunk_count(keys),
            chunks_read=retriever.chunk_count(keys),
            unread=tuple(retriever.unread(selection)),
        ),
    )
    quoted = {citation.locator.path for citation in computed.citations}
    # A cell or field holds until an amendment changes it in words.
    is_amended = wanted.act is Act.LOOK_UP and retriever.amendments(quoted, question)
    return None if is_amended else computed


def _with_what_is_asked(
    selected: Sequence[tuple[int, str]], wanted: Wanted, retriever: Retriever
) -> list[int]:
    """The keys of the documents that may be counted: they, or their folders, contain what is asked for.

    selected: key and path of each document.
    """
    nouns = [word for word in wanted.head or wanted.words if word not in _GENERAL | measures.UNITS.keys()]
    everything = calculation.TASK_NOUNS | calculation.DOCUMENT_NOUNS.keys()
    everything |= calculation.TEXT_NOUNS if wanted.mention else frozenset()
    if not nouns or any(noun in everything or is_unspaced(noun) for noun in nouns):
        return [key for key, _ in selected]
    found = retriever.documents_beginning([beginning(noun) for noun in nouns])
    sources = retriever.sources()
    return [
        key
        for key, path in selected
        if key in found
        or any(
            same(noun, word)
            for folder in folder_names(path, sources)
            for word in words_of(folder)
            for noun in nouns
        )
    ]


def _with_all_words(selected: Sequence[tuple[int, str]], wanted: Wanted, retriever: Retriever) -> set[str]:
    """The paths of the documents in which every word of the question occurs, as it must in a table or list.

    selected: key and path of each document. Words that a table need not contain, or has in another form, such
    as units and *unpaid*, do not count.
    """
    needless = (
        _GENERAL
        | calculation.MONEY
        | calculation.PRICES
        | calculation.QUANTITIES
        | calculation.DIMENSIONS.keys()
        | calculation.TASK_NOUNS
        | calculation.DOCUMENT_NOUNS.keys()
        | calculation.TEXT_NOUNS
        | measures.UNITS.keys()
    )
    words = [word for word in wanted.words if word not in needless and not is_unspaced(word)]
    keys = {key for key, _ in selected}
    for word in words:
        keys &= retriever.documents_beginning([beginning(word)])
    return {path for key, path in selected if key in keys}


def _results(
    documents: Sequence[DocumentContent],
    searched: Sequence[DocumentContent],
    wanted: Wanted,
    sources: list[str],
) -> list[Result]:
    """What is computed, from what documents state or from tables; both, if both account for all words.

    searched: those of `documents` that may have a table or list that answers.
    """
    if wanted.owed:
        total = replace(wanted, act=Act.TOTAL)
        by_kind = from_documents(documents, total, sources)
        if found := [*by_kind, *_from_tables(searched, total, are_parts=not by_kind)]:
            return found
        wanted = replace(wanted, owed=False)
    if wanted.act is Act.LOOK_UP:
        found = from_bill(documents, wanted) or from_fields(documents, wanted)
        found = found or _from_tables(searched, wanted)
        return found or (from_documents(documents, wanted, sources) if wanted.per else [])
    if wanted.who:
        return _from_tables(searched, wanted)
    if tasks := from_tasks(documents, wanted):
        return tasks
    by_kind = from_documents(documents, wanted, sources)
    found = _from_tables(searched, wanted, are_parts=not by_kind)
    if not by_kind and not found:
        found = from_lists(searched, wanted)
    is_plain_count = wanted.act is Act.COUNT and not wanted.per and not wanted.container
    if found and is_plain_count and states_count(documents, wanted):
        # A list named after what is counted holds all of it, whatever number a text gives.
        return _from_tables(searched, wanted, is_used=lambda table: is_list_of(table, wanted.head))
    return [*by_kind, *found]


def _from_tables(
    documents: Sequence[DocumentContent],
    wanted: Wanted,
    *,
    are_parts: bool = True,
    is_used: Callable[[FoundTable], bool] = bool,
) -> list[Result]:
    """
    are_parts: whether the items of a document that the question names may be meant.
    is_used: which tables are used.
    """
    found = (table for document in documents for table in tables(document) if is_used(table))
    return from_tables(found, wanted, are_parts=are_parts)
