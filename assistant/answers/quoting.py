"""Chooses the sentences that answer a question.

A model of some hundred million parameters gets lost in a page. Asked over whole passages, it was right for
29% of the questions about the example notes. Asked over the best one or two sentences, it was right for half
of them, and the two best sentences contained the answer for 90%. So a small model reads only those sentences.
Its wording is shown if the sentences support it and it repeats most of the best one; otherwise the sentences
are the answer (`assistant.answers.answering`). Sentences are ranked by their similarity to the question, by
the share of its rare words in them (`assistant.answers.sentences`), and by the score of their passage.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from assistant.answers.belonging import is_list_item, is_row, only_asks
from assistant.answers.entries import is_of_another_entry, without_days
from assistant.answers.excerpts import excerpt
from assistant.answers.joining import alike
from assistant.answers.measuring import asks_why, states_amount, states_what_is_asked
from assistant.answers.numbering import is_of_another_number
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.answers.showing import shown
from assistant.answers.years import is_of_another_year
from assistant.dialogue import Passage
from ingest.embedding import Vectors
from ingest.segmentation import CONTENTS_LINE

SMALL_MODEL = 1_000_000_000
"""Parameters below which a model answers and summarizes by quoting."""

QUOTED_SENTENCES = 2
"""Sentences that a small model reads, and that are quoted."""

READ_SHARE = 0.5
"""Weight, in the score of a sentence, of the probability that the answer is in it."""

READER_SHARES = (1.0, 0.2)
"""Weights of the same, and of its share of the largest such probability, among the closest passages. There
words and reader disagree, and the reader is right more often: of 126 questions about private documents for
which such passages were shown, the first one held the answer to 48 instead of 40."""

MOST_ALIKE = 3
"""Documents of which a sentence each is quoted, if they fit the question equally well."""

SECOND_SHARE = 0.4
"""A further sentence is quoted if the answer is in it with this share of the probability of the first. Of 120
questions about articles and 132 about private documents, the quotes held the answer as often as with a share
of 0.05 (116 and 90 times), with a third fewer further sentences that did not hold it (98 instead of 153)."""

LEAST_FURTHER = 0.08
"""The smallest probability of the answer with which a further sentence is quoted beside the best one. Of 42
further sentences in answers about private documents 30 reach it, and 8 of the 9 that held an answer which the
first did not."""

SEEN = 0.12
"""If a sentence in the document of the best one holds the answer with at least this probability, sentences
below it are not quoted after the best one. So the answer is quoted even if the best sentence only repeats the
words of the question. Of 294 questions about private documents, 2 more are answered rightly this way, and one
fewer wrongly."""

ALL_WORDS = 0.999
"""The share of the question's words that counts as all of them."""

FEWER_WORDS = 0.1
"""A further sentence that has this much less of the question's words than the best one is quoted only if it
is more likely to hold the answer. Of 30 answers with two quotes about private documents, 9 second quotes are
left out for this reason, and none of them held an answer that the first did not."""

MUCH_LIKELIER = 10.0
"""The best sentence is left out if the reader sees this much more of the answer in another one that was
chosen: in 7 such cases about private documents, only the other one held the answer in 4, and the best one in
none."""

LONGEST_STEP = 160
"""The average length, in characters, below which the items of a list are steps. Longer items are independent
clauses."""

TITLE_LIKELIER = 2.0
"""How much more of the answer the reader must see in a title than in any sentence for it to be quoted."""

ELSEWHERE_SHARE, LEAST_ELSEWHERE = 0.5, 0.2
"""The same two for a sentence of another document than the first: it is rarely about the same person or
thing. Of 181 such sentences in answers about private documents 148 reach it, among them all 10 that held an
answer which the first did not."""


def best_sentences(
    features: QueryFeatures,
    sentences: SentenceIndex,
    count: int,
    *,
    elsewhere: float = SECOND_SHARE,
    one_thing: bool = False,
    fitting: bool = False,
    by_reader: bool = False,
) -> tuple[Passage, ...]:
    """Up to `count` sentences that answer a question best, each as a passage of its own, best first.

    Each comes with what belongs to it (`assistant.answers.belonging`); those that say nothing by themselves
    come last. A sentence that defines what the question asks for comes first, and only such ones follow it. A
    sentence is left out if a better one says the same words, or if the reader sees too little of the answer
    in it. A list is quoted alone if the question asks for it, or if two of its items would be quoted.

    elsewhere: the share that a sentence of another document than the first needs (`SECOND_SHARE`).
    one_thing: whether to leave out sentences about something other than the best one: those that lack words
        of the question that its headings or its table row contain, and those about another year or another
        of several numbered things than the question, if there are others.
    fitting: whether a sentence with fewer words of the question than the best one is left out unless it is
        more likely to hold the answer (`FEWER_WORDS`).
    by_reader: whether the reader counts more than the words (`READER_SHARES`).
    """
    similarities = sentences.similarities(features)
    passage_scores = np.array([sentences.passages[place].score for place, _, _ in sentences.spans])
    terms = sentences.term_shares(features)
    matches = (similarities + terms) / 2
    shares = sentences.answer_shares()
    likeliest = shares.max(initial=0.0)
    scores = passage_scores + matches + READ_SHARE * shares
    if by_reader and likeliest:
        of_all, of_best = READER_SHARES
        scores = passage_scores + matches + of_all * shares + of_best * shares / likeliest
    paths = [sentences.passages[place].locator.path for place, _, _ in sentences.spans]
    # For each document, the highest probability that one of its sentences holds the answer.
    likeliest_in: dict[str, float] = {}
    for path, share in zip(paths, shares, strict=True):
        likeliest_in[path] = max(likeliest_in.get(path, 0.0), float(share))
    chosen: list[int] = []
    quotes: list[tuple[int, int]] = []
    texts: list[str] = []
    order = _by_worth(features, sentences, scores, shares)

    why = asks_why(features.question)

    def least_share(index: int) -> float:
        """The share of the best sentence's probability that the one at `index` needs."""
        if fitting and terms[index] < terms[chosen[0]] - FEWER_WORDS:
            return 1.0
        return SECOND_SHARE if paths[index] == paths[chosen[0]] else elsewhere

    for index in order:
        quote = sentences.quoted(index, whole=features.asks_for_list, why=why)
        if quote is None:
            continue
        passage = sentences.passage_of(index)
        text = shown(passage.text[slice(*quote)])
        # A sentence with all words of the question is worth showing if the best sentence lacks some.
        is_needless = (
            bool(chosen)
            and not terms[chosen[0]] < terms[index] >= ALL_WORDS
            and (
                shares[index] < shares[chosen[0]] * least_share(index)
                or (one_thing and shares[index] < SEEN <= likeliest_in[paths[chosen[0]]])
            )
        )
        if chosen and sentences.defines(chosen[0], features) and not sentences.defines(index, features):
            break
        is_other = one_thing and (
            (bool(chosen) and sentences.is_other(index, chosen[0], features))
            or is_about_another(features, passage, *quote)
        )
        # A line of a table of contents says where something is, and not what.
        is_empty = not text or CONTENTS_LINE.search(text) is not None
        is_empty = is_empty or (bool(chosen) and sentences.says_nothing(index))
        if is_empty or is_needless or is_other or any(text in other or other in text for other in texts):
            continue
        if one_thing and chosen and (whole := _list_of_both(sentences, chosen[0], index)) is not None:
            chosen, quotes = chosen[:1], [whole]
            break
        chosen.append(index)
        quotes.append(quote)
        texts.append(text)
        if len(chosen) == count or (features.asks_for_list and "\n" in texts[0]):
            break
    if not chosen and order:
        chosen, quotes = order[:1], [sentences.spans[order[0]][1:]]
    return tuple(
        replace(
            excerpt(sentences.passage_of(index), *quote),
            rank=rank,
            score=float(scores[index]),
            similarity=float(similarities[index]),
        )
        for rank, (index, quote) in enumerate(zip(chosen, quotes, strict=True), start=1)
    )


def quotable(
    features: QueryFeatures, sentences: SentenceIndex, *, fitting: bool = False
) -> tuple[Passage, ...]:
    """The sentences that are the answer unless a model writes one; fitting: as for `best_sentences`."""
    return best_sentences(
        features, sentences, QUOTED_SENTENCES, elsewhere=ELSEWHERE_SHARE, one_thing=True, fitting=fitting
    )


def _by_worth(
    features: QueryFeatures, sentences: SentenceIndex, scores: Vectors, shares: Vectors
) -> list[int]:
    """The indices of the sentences that may be quoted, best first: by their scores, but those that define
    what is asked for, or are the header that is asked for, come first, and titles, greetings, reported
    questions and what is about another year or number last.

    shares: how likely the answer is in each sentence.
    """
    order = [int(index) for index in np.argsort(-scores, kind="stable")]
    likeliest_text = max((shares[index] for index in order if not sentences.is_title(index)), default=0.0)
    order.sort(
        key=lambda index: (
            sentences.says_nothing(index)
            or only_asks(sentences.texts[index], features.question)
            or (sentences.is_title(index) and shares[index] < TITLE_LIKELIER * likeliest_text)
        )
    )
    labels = {index: sentences.header_label(index) for index in order}
    # The header of a mail says nothing about its subject.
    order = [index for index in order if labels[index] in {None, features.header}] or order
    # A line beside the amount of a bill says what the bill is for, and the ingredients of a soup do not say
    # when each of them is added.
    best = {sentences.spans[index][0] for index in order[:1]}
    stating = [index for index in order if _states_what_is_asked(features, sentences.texts[index])]
    if any(sentences.spans[index][0] in best for index in stating):
        order = stating
    order.sort(
        key=lambda index: is_about_another(features, sentences.passage_of(index), *sentences.spans[index][1:])
    )
    if features.header is not None:
        order.sort(key=lambda index: labels[index] is None)
    return sorted(order, key=lambda index: not sentences.defines(index, features))


def _states_what_is_asked(features: QueryFeatures, text: str) -> bool:
    """Whether a sentence has an amount, a number or a time, if the question asks for one."""
    is_amount = not features.asks_amount or states_amount(text)
    return is_amount and states_what_is_asked(features.question, [text])


def without_needless(quotes: tuple[Passage, ...], *, was_read: bool = True) -> tuple[Passage, ...]:
    """`quotes` without further ones in which the reader sees next to nothing of the answer, and without the
    first if it sees much more in another.

    was_read: whether the reader has read the question by which they were chosen, and not a longer one; if
        not, the first stays.

    What was not read stays. So do all if the first is a row of a table: it may be the header of the next, and
    the reader seldom finds the ends of an answer among figures.
    """
    if not quotes or is_row(quotes[0].text):
        return quotes
    first = max(quotes, key=_answer_share)
    if (
        not was_read
        or first.reading is None
        or _answer_share(first) < MUCH_LIKELIER * _answer_share(quotes[0])
    ):
        first = quotes[0]
    path = first.locator.path
    return first, *(
        quote
        for quote in quotes[1:]
        if quote is not first
        and (
            quote.reading is None
            or _answer_share(quote) >= (LEAST_FURTHER if quote.locator.path == path else LEAST_ELSEWHERE)
        )
    )


def is_about_another(features: QueryFeatures, passage: Passage, start: int, end: int) -> bool:
    """Whether the part of `passage` from `start` to `end` is about another year or day than the question, or
    about another flat, plot or reminder."""
    text, name = passage.text[start:end], PurePath(passage.locator.path).name
    headings = passage.locator.heading
    context = f"{name} {passage.title} {' '.join(headings)}"
    return (
        is_of_another_year(features.years, text, context)
        or is_of_another_number(features.question, text, context)
        or is_of_another_entry(features.days, passage.text, start, end, headings)
    )


def another_day_says_more(
    features: QueryFeatures, sentences: SentenceIndex, quotes: Sequence[Passage]
) -> bool:
    """Whether a sentence about another day than the question has a word of the question that `quotes`, their
    titles and their headings lack.

    Then the quotes may be about another thing: the weight of the asparagus instead of that of the compost.
    """
    if not features.days or not quotes:
        return False
    asked = features.weights.keys() & sentences.stems_of(without_days(features.question))
    said = frozenset[str]().union(
        *(
            sentences.stems_of(f"{quote.title} {' '.join(quote.locator.heading)} {quote.text}")
            for quote in quotes
        )
    )
    for index, (_, start, end) in enumerate(sentences.spans):
        passage = sentences.passage_of(index)
        if asked & sentences.stems_of(sentences.texts[index]) - said and is_of_another_entry(
            features.days, passage.text, start, end, passage.locator.heading
        ):
            return True
    return False


def closest(features: QueryFeatures, sentences: SentenceIndex, count: int) -> tuple[Passage, ...]:
    """The best sentence of each of up to `count` passages, best first. None need answer the question."""
    found: dict[tuple[str, ...], Passage] = {}
    for sentence in best_sentences(features, sentences, len(sentences.spans), elsewhere=0.0, by_reader=True):
        found.setdefault(sentence.chunk_ids, sentence)
    return tuple(found.values())[:count]


def best_of_alike(features: QueryFeatures, sentences: SentenceIndex) -> tuple[Passage, ...]:
    """The best sentence of each document, if several fit the question equally well or define the term that it
    asks for; otherwise empty."""
    paths = {passage.locator.path for passage in alike(sentences.passages)} or {
        sentences.passages[place].locator.path
        for index, (place, _, _) in enumerate(sentences.spans)
        if sentences.defines(index, features)
    }
    found: dict[str, Passage] = {}
    for sentence in best_sentences(features, sentences, len(sentences.spans)) if paths else ():
        if sentence.locator.path in paths:
            found.setdefault(sentence.locator.path, sentence)
    best = list(found.values())[:MOST_ALIKE] if len(found) > 1 else []
    return tuple(replace(sentence, rank=rank) for rank, sentence in enumerate(best, start=1))


def _list_of_both(sentences: SentenceIndex, first: int, second: int) -> tuple[int, int] | None:
    """Start and end of the list whose items two sentences are, in their passage; None if they share none.

    Two of five steps would look like all of them. Two clauses of a will would not (`LONGEST_STEP`).
    """
    places = [sentences.spans[index] for index in (first, second)]
    if places[0][0] != places[1][0] or not all(
        is_list_item(sentences.texts[index]) for index in (first, second)
    ):
        return None
    whole = sentences.quoted(first, whole=True)
    if whole is None or not all(whole[0] <= start and end <= whole[1] for _, start, end in places):
        return None
    lines = sentences.passage_of(first).text[slice(*whole)].split("\n")
    items = sum(map(is_list_item, lines))
    return whole if whole[1] - whole[0] < LONGEST_STEP * items else None


def _answer_share(quote: Passage) -> float:
    """How likely the answer is in a quote, as the reader sees it; 0 if it was not read."""
    return sum(span.probability for span in quote.reading.spans) if quote.reading is not None else 0.0
