"""The words of questions that compare two numbers, or ask by how much one changed or is over a limit."""

import re

from ingest.language.definition import words

LESS = words(
    "less fewer lower smaller cheaper shorter lighter younger worse slower weniger niedriger kleiner "
    "billiger gunstiger kurzer leichter junger schlechter moins menos"
)
"""Comparatives of what is less."""

DEARER = words("dearer cheaper costlier teurer billiger gunstiger")
"""Comparatives of prices."""

_MORE = words(
    "save saves saved more higher larger bigger greater longer taller heavier older better faster warmer "
    "wider deeper mehr hoher grosser langer alter schwerer besser plus mas"
)

COMPARED = LESS | DEARER | _MORE
"""Comparatives, before *than*."""

OFTEN = words("often oft ofter haufiger souvent frequently veces fois mal times")
"""Words by which rows are counted, and not numbers compared."""

THAN = re.compile(
    r"\b(?:(?:rather )?than|compared (?:with|to)|versus|vs\.?|instead of|als|que)\b|\bqu['’]",
    re.IGNORECASE,
)
"""Stands before what something is compared with."""

OR = words("or oder ou o")
"""Words between two things of which one is the answer."""

RATE_AT_END = re.compile(
    r"\b(?:a|per|each|im|pro|par|al|por) "
    r"(day|week|month|year|tag|woche|monat|jahr|jour|semaine|mois|an|mes|año)\W*$",
    re.IGNORECASE,
)
"""The unit of time of what is compared, at the end of the question."""

DIFFERENCES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?P<rest>.*?\b(?:difference|gap|unterschied|differenz|différence|écart|diferencia)\b.*?)"
        r"\b(?:between|zwischen|entre)\b(?P<first>.+?)\b(?:and|und|et|y)\b(?P<second>.+)",
        r"^(?P<rest>.*?)\bhow far apart (?:are|were|is|was)\b(?P<first>.+?)\band\b(?P<second>.+)",
        r"^(?P<rest>.*?)\bsubtract (?P<second>.+?) from (?P<first>.+)",
        r"^(?P<rest>)(?P<first>.+?)\bminus (?P<second>.+)",
        r"^(?P<rest>(?=.*\bhow (?:many|much|far)\b).+?)\b(?P<first>)(?:behind|ahead of) (?P<second>.+)",
    )
)
"""Questions for the difference of two things, each with the words before them."""

DIFFERING = re.compile(
    r"\b(?:difference|gap|unterschied|differenz|différence|écart|diferencia)\b", re.IGNORECASE
)
"""Words for a difference."""

CHANGING = re.compile(
    r"\b(?:drop|dropped|fall|fell|fallen|sink|sank|sunk|rise|rose|risen|grow|grew"
    r"|grown|climb|climbed|increase|increased|decrease|decreased|improve|improved|change|changed|lose|lost|gain"
    r"|gained|(?:go|went|gone) (?:up|down))\b"
    r"|\b(?:ge)?(?:stiegen|stieg|sunken|sank|fallen|fiel|wachsen|wuchs|zugenommen|abgenommen)\b"
    r"|\b(?:augment|baiss|diminu|progress)(?:é|ée|e|er|és|ées)\b",
    re.IGNORECASE,
)
"""Words by which something is said to have changed."""

FROM_TO = re.compile(
    r"\b(?:from|von|vom|du|de) (?P<first>[^?.,;]+?) (?:to|bis(?: zum)?|au|à la|à) (?P<last>[^?.,;]+)"
    r"|\b(?:between|zwischen|entre) (?P<since>[^?.,;]+?) (?:and|und|et|y) (?P<until>[^?.,;]+)",
    re.IGNORECASE,
)
"""The two times between which something changed."""

EXCESS = re.compile(
    r"\b(?:by how much|um wie ?viel\w*|de combien(?! d[e'’])|en cuanto)\b"
    r"|\b(?:overspen\w+|exceed(?:s|ed)?|überschr[ei]+t\w*|dépass\w+)\b"
    r"|\b(?:over|above|under|below|beyond) (?:(?:the|our|my|its|their) )?(?:\w+ ){0,2}"
    r"(?:limit|budget|target|allowance|quota|cap|ceiling|threshold)\b",
    re.IGNORECASE,
)
"""Asks by how much something is over or under a limit."""

EXCESSES = words(
    "over under above below excess exceeded overspend overspent overrun difference variance deviation "
    "uberschreitung abweichung differenz depassement ecart exceso diferencia desviacion"
)
"""Words in the names of columns that hold such differences."""
