"""Questions for what a term of a contract stands for, and the words by which a contract defines one.

Those of all languages are merged. All are regular expressions for text in any case.
"""

ARTICLES = (
    r"(?:the|our|my|a|an|der|die|das|den|dem|ein|eine|unser|unsere|mein|meine|le|la|les|el|los|las|un|une)\s+|"
    r"l['’]"
)
"""An article or the like before a term."""

ASKED = (
    r"(?:who|what) (?:is|are|was|were|counts as|is meant by) {term}",
    r"(?:which|what) (?:company|person|party|firm) (?:is|are|was|were) {term}",
    r"what (?:does|do) {term} (?:mean|stand for|refer to)",
    r"(?:wer|was) (?:ist|sind|war|waren|bedeutet|gilt als) {term}",
    r"was (?:ist|wird) (?:mit|unter) {term} (?:gemeint|verstanden)",
    r"qui (?:est|sont|était) {term}",
    r"que (?:signifie|désigne) {term}",
    r"quién(?:es)? (?:es|son|era) {term}",
    r"qué significa {term}",
)
"""Whole questions for a term, with a place for it."""

OF = r"of|in|under|for|on|at|by|from|according to|von|vom|des|der|im|laut|nach|de|du|dans|selon|del|en|según"
"""Words before what a term belongs to: "the landlord of Mill Lane"."""

HEREINAFTER = (
    r"hereinafter|hereafter|herein|collectively|together|nachfolgend|nachstehend|im folgenden|ci-après|"
    r"en adelante|en lo sucesivo"
)
"""Words before a term that is defined without parentheses."""

REFERRING = r"see|cf|compare|as in|e\.g|siehe|vgl|z\. ?b|voir|véase|ver"
"""Words at the beginning of parentheses that refer to a term and do not define it."""

MEANS = (
    r"means|shall mean|has the meaning|refers to|bedeutet|bezeichnet|désigne|désignent|signifie|significa|"
    r"se entiende|se refiere"
)
"""Words after a term at the beginning of its definition."""
