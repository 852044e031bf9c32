"""Phrases by which a question about a table says what it asks for, beside the single words of `tabular`."""

import re

THE_MOST = ("the most", "(?:am|die) meisten$", "le plus$", "mas$")
THE_LEAST = ("the (?:least|fewest)", "(?:am|die) wenigsten$", "le moins$", "menos$")
"""Patterns of superlatives of what a column counts."""

RANGE = re.compile(
    r"\b(?:to|until|till|through|bis|à)\b|[–-]|^\W*(?:from|between|von|zwischen|entre)\b", re.IGNORECASE
)
"""Between two months, or before them: all months from one to the other."""

_NUMBER = (
    r"(?:\d|two|three|four|five|six|zwei|drei|vier|fünf|sechs|deux|trois|quatre|cinq|dos|tres|cuatro|cinco)"
)
_SUPERLATIVE = (
    r"(?:most|least|best|worst|\w+est|(?:größ|höch|teuer|billig|klein|niedrig)\w*ten"
    r"|plus (?:gros|grand|cher|haut|élev)\w*|mayores)"
)
TOP = re.compile(
    rf"\b(?:top|best|first) (?P<after>{_NUMBER})\b|\b(?P<before>{_NUMBER}) (?={_SUPERLATIVE}\b)",
    re.IGNORECASE,
)
"""How many of the first in order are asked for."""

JUDGED = re.compile(r"\b(?:best|worst|beste[nrs]?|schlechteste[nrs]?|meilleure?s?|pires?)\b", re.IGNORECASE)
"""Superlatives that do not say whether more or less is meant."""

HOW_OFTEN = ("how often", "how many times", "wie oft", "combien de fois", "cuantas veces")
"""Patterns that ask for a number of rows."""

HOW_MANY = ("wie ?vielen?", "combien d(?:e|es)?", "cuant(?:os|as)", "(?:at |on |in )how many")
"""Patterns that ask for a number of things, beside those of `calculation.COUNT`."""

HOW_MUCH = re.compile(r"how (?:much|high|large|big|long|far|heavy|old)|wie ?viel|wie hoch|combien|cuant[oa]")
"""Asks for a number."""

WHOLE = re.compile(
    r"\W*(?:what (?:do|have|did) (?:we|i|you) (?:know|got|have)(?: got)?(?: all)? (?:about|on|for|of)"
    r"|(?:please )?tell (?:me|us)(?: all| everything| more)? about"
    r"|(?:everything|all)(?: we know)? (?:about|on)"
    r"|where (?:are|do) we (?:stand )?(?:with|on)|how far (?:are we with|is)"
    r"|what(?:'s| is) the (?:status|state) of"
    r"|was (?:wissen|haben) wir(?: alles)? (?:über|zu)|alles (?:über|zu)|wie weit (?:ist|sind)"
    r"|que sait-on (?:de|sur)|où en est(?:-on)?(?: avec)?|qué sabemos (?:de|sobre))\b",
    re.IGNORECASE,
)
"""The beginning of a question that is answered by a whole row."""

BELOW_LEAST = re.compile(
    r"\b(?:below|under) (?:(?:the|its|their|our) )?(?:minimum|min|reorder (?:level|point))\b|\brunning low\b"
    r"|\b(?:to|be|should we|must we) re-?order(?:ed)?\b"
    r"|\bunter (?:dem |ihrem |der )?(?:minimum|mindestbestand)\b|\bnachbestell\w+"
    r"|\bsous (?:le |leur )?(?:seuil|minimum)\b|\b(?:à|a) recommander\b",
    re.IGNORECASE,
)
"""Asks for items below their minimum."""

EDGES = (
    (
        "first",
        re.compile(r"\b(?:the )?(?:start|beginning) of\b|\bAnfang\b|\bdébut (?:de|d)\b", re.IGNORECASE),
    ),
    ("last", re.compile(r"\bthe end of\b|\bEnde\b|\b(?:à la )?fin (?:de|d)\b", re.IGNORECASE)),
)
"""Phrases before a month or year of which the first or the last row is meant."""

DAY_OF_MONTH = re.compile(
    r"\bon the (\d{1,2})(?:st|nd|rd|th)\b(?! (?:floor|stor|page|line|row))", re.IGNORECASE
)
"""A day without its month."""

AFTER_THE = re.compile(
    r"(?<!\blook )(?<!\blooks )(?<!\blooked )\bafter (?:the|a|an|my|our|her|his|its)\b", re.I
)
"""Something that came first, which is not understood either."""

HAS_PAID = re.compile(
    r"\b(?:did|have|has|had)\b.*\bpa(?:y|id)\b|\bpaid\b|\b(?:be|ge)zahlt\b|\bzahlte[nt]?\b|\bpayée?s?\b"
    r"|\bpagad[oa]s?\b|\bpagó\b",
    re.IGNORECASE,
)
"""Asks for what was paid."""

MUST_PAY = re.compile(
    r"\b(?:to (?:be )?pa(?:y|id)|must|should|still|owes?|noch|müssen|muss|soll|zu (?:be)?zahlen|doit|doivent"
    r"|reste|debe|falta)\b",
    re.IGNORECASE,
)
"""Words of a question for what is still to be paid."""

PHRASES = tuple(
    (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), plain)
    for pattern, plain in (
        ("(?:take|takes|took|taken|taking)[ -]home(?: pay)?", "net"),
        (r"(?:go|goes|going|went) out of date|(?:go|goes|going) off(?=\W*$)", "expires"),
        ("(?:use|sell)[ -]by|best[ -]before", "expires"),
        ("(?:top|upper) (?:number|figure|reading)", "systolic"),
        ("(?:bottom|lower) (?:number|figure|reading)", "diastolic"),
        ("(?:came|come|comes|is|was) (?:top|best)", "had the highest"),
        ("(?:came|come|comes|is|was) (?:bottom|worst)", "had the lowest"),
        ("(?-i:worst)", "lowest"),  # In small letters: Best and Worst are also names.
        ("(?-i:best)", "highest"),
        ("(?:busiest|most popular)", "highest"),
        ("(?:quietest|least (?:used|popular))", "lowest"),
        ("(?:a )?typical", "average"),
        (
            "mean(?= (?:size|value|number|price|cost|time|length|use|score|mark|temperature|weight))",
            "average",
        ),
        ("im (?:mittel|schnitt)", "im Durchschnitt"),
        ("cubic met(?:re|er)s?", "m³"),
        ("square met(?:re|er)s?", "m²"),
        (r"(?:come|comes|came|amount|amounts) to(?=\W*$)", "in total"),
        (r"(?:taken|put|added) together|combined(?=\W*$)|between them", "in total"),
        ("zusammengerechnet|zusammengenommen|in summe|alles in allem", "insgesamt"),
        ("toutes? .{3,20} confondu(?:e?s)|réunie?s", "en tout"),
        (r"one(?=-\w)", "1"),
        ("all told|in all", "in total"),
        (r"(?:al)?together(?=\W*$)|zusammen(?=(?: \w+)?\W*$)|ensemble(?=\W*$)", "in total"),
        ("under ?way", "in progress"),
        ("right now|so far|at the moment", ""),
        ("(?:end|ends|ended) up(?: with)?", "have"),
    )
)
"""Phrases, each with what replaces it: the name of a column, a plainer phrase, or nothing."""
