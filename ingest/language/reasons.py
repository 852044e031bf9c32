"""Questions for a reason, a name, a person, a consequence or a meaning, and the words by which a sentence or
a column of a table shows that it gives one."""

import re
from typing import NamedTuple

from ingest.language.definition import words

WHY_ASKED = (
    r"(?:and |but |so )?(?:why\b|how come\b|for what reason|what (?:was|is|were) the reason|on what grounds)|"
    r"(?:und |aber )?(?:warum|wieso|weshalb|aus welchem grund)\b|(?:et |mais )?pourquoi\b|"
    r"(?:¿ ?|y )?por qué\b"
)
"""Beginnings of questions for a reason, as a regular expression."""

REASONS = (
    r"because|since|due to|owing to|thanks to|reasons?|as a result|so that|in order to|so as|therefore|hence|"
    r"otherwise|means|meant|else|caused?|lest|as(?! an?\b| the\b)|for|to(?! [\d\W])|so|if|after|until|when|"
    r"too|not enough|"
    r"weil|da|damit|denn|wegen|grund|gründe[n]?|deshalb|daher|darum|sonst|um|aufgrund|zu|"
    r"parce que?|car|pour|puisque?|afin|raisons?|faute de|grâce|à cause|sinon|trop|"
    r"porque|pues|para|debido|razón|razones|motivos?|por|ya que|si no|demasiad[oa]s?"
)
"""Words with which a sentence may give a reason, as a regular expression. They are common, so a sentence
without any of them hardly gives one."""

REASONS_GIVEN = (
    r"because|due to|owing to|(?:stem(?:s|med)|result(?:s|ed)) (?:\w+ )?from|caused by|attributable to|"
    r"the reasons? (?:for (?:this|that|it) )?(?:is|was|are|were)|explained by|put(?:s|ting)? it down to|"
    r"weil|wegen|aufgrund|zurückzuführen|(?:liegt|lag)(?: \w+)? (?:daran|an)|grund (?:dafür )?(?:ist|war)|"
    r"parce qu\w*|en raison|à cause|s.expliqu\w+|due?s? (?:à|aux?)|la raison|"
    r"porque|debid[oa]s?|se deb\w+|a causa|el motivo|la razón"
)
"""Words with which a sentence is sure to give a reason, as a regular expression."""

WHO_ASKED = r"\W*(?:(?:and |but )?(?:to |from |by |with )?(?:who|whom|whose)|qui|à qui|quién|quiénes)\b"
"""Beginnings of questions for a person, as a regular expression. None for German, where every noun has a
capital."""

PERSON_MEANT = r"she|he|they|her|him|them|elle|il|ils|elles|lui|ella|él|ellos|ellas"
"""Words for a person whom another sentence names, as a regular expression."""

NAME_ASKED = (
    r"\bnames? of\b|\bsurname\b|\b(?:first|last|full|real|maiden) name\b|\bby what name\b|"
    r"\bwhat (?:is|was|are|were) [^?]{2,60} (?:called|named)\b|\bwho is called\b|"
    r"\bcomment s['’]appel|\bquel (?:est|était) le (?:nom|prénom)|"
    r"\bcómo se llama|\bcuál (?:es|era) el (?:nombre|apellido)"
)
"""A question for a name, as a regular expression. None for German, where every noun has a capital."""

NAMING = r"called|named|names?|known as|appel\w+|nomm\w+|noms?|llam\w+|nombres?"
"""Words before a name that has no capital, as a regular expression."""

EVENT_ASKED = (
    r"\W*(?:how (?:much|many)|when|who|wie ?viele?|wann|wer|combien|quand|qui)\b[^?]*"
    r"\b(?:was|were|did|wurden?|(?:a|ont) été)\b|"
    r"\W*(?:(?:was|were|did|has|have|had)\b(?! to\b)|(?:wurden?|hat|haben) (?:d\w\w|ich|wir|sie|er|es)\b)"
)
"""Beginnings of questions about something that happened, as a regular expression."""

CONDITION_ASKED = r"\b(?:if|should|in case|wenn|falls|sofern|si|en cas)\b"
"""Words of a question about what happens under a condition, as a regular expression."""

CONDITION_BEGUN = r"\W*(?:\d[\d.]*\W+)?(?:if|should|in case|in the event|wenn|falls|sofern|si|en cas)\b"
"""Beginning of a sentence that says what happens under a condition, as a regular expression."""

REST_ASKED = (
    r"\b(?:have|has|had|is|are|was|were|be)\b[^?]*\bleft\b|\b(?:remain(?:s|ed|ing)?|übrig|restant\w*|sobr(?:a|an|ó))\b|"
    r"\b(?:reste|restait|queda|quedan|quedaba)\b"
)
"""Words of a question for what is left of something, as a regular expression."""

REST_STATED = (
    r"left|remain(?:s|ed|ing|der)?|still|rest|over|spare|unused|stock|"
    r"übrig|noch|rest(?:e|lich\w*)?|vorrat|"
    r"rest(?:e|ent|ait|aient|ant\w*)|encore|"
    r"qued(?:a|an|aba|aban)|sobr(?:a|an|ó|aron)|aún|todavía|restantes?"
)
"""Words that say what is left, as a regular expression."""


class Telling(NamedTuple):
    """A kind of question that a table can answer only from a column with explanations."""

    asked: re.Pattern[str]
    """Matches such a question."""
    fillers: frozenset[str]
    """Words of the question that need not be in the table."""
    columns: frozenset[str]
    """Words in the name of a column that answers it."""


TELLING = (
    Telling(
        re.compile(
            r"\W*(?:and |so |then )*what (?:will |would )?happens?\b|"
            r"\W*(?:und )?was (?:passiert|geschieht)\b|"
            r"\W*que se passe|\W*qu.arrive|\W*(?:y )?qué (?:pasa|ocurre|sucede)\b",
            re.IGNORECASE,
        ),
        words(
            "happen happens passiert geschieht passe arrive pasa ocurre sucede "
            "if when once wenn falls sobald si quand"
        ),
        words(
            "consequence consequences effect effects result results outcome action actions penalty penalties "
            "sanction sanctions remedy response handling behaviour behavior "
            "folge folgen wirkung massnahme massnahmen ergebnis strafe reaktion "
            "effet effets suite suites sanctions resultat mesure mesures "
            "consecuencia consecuencias efecto efectos accion sancion resultado"
        ),
    ),
    Telling(
        re.compile(
            r"\bwhat (?:do|does|did)\b[^?]*\b(?:mean|stand for)\b|\bmeant by\b|"
            r"\bwas (?:bedeute[nt]|heißt)\b|\b(?:que signifie|que veu(?:t|lent) dire)|\bqué significan?\b",
            re.IGNORECASE,
        ),
        words(
            "mean meant stand bedeutet bedeuten heisst signifie signifient veut veulent dire "
            "significa significan"
        ),
        words(
            "meaning meanings means description descriptions definition definitions explanation "
            "bedeutung beschreibung erklarung definition signification sens description "
            "significado descripcion definicion explicacion"
        ),
    ),
    Telling(
        re.compile(
            r"\bwhat (?:do|does|did)\b[^?]*\b(?:cover|include|comprise|contain|entail|consist of)\b|"
            r"\bwhat (?:is|are|was|were) (?:covered|included)\b|"
            r"\bwas (?:umfasst|enthält|beinhaltet|deckt)\b|\bque (?:comprend|couvre|contient)\b|"
            r"\bqué (?:incluye|cubre|contiene)\b",
            re.IGNORECASE,
        ),
        words(
            "cover covered include included comprise contain entail consist umfasst enthalt beinhaltet deckt "
            "comprend couvre contient incluye cubre contiene"
        ),
        words(
            "cover covers covered includes included contents scope details description "
            "leistung leistungen umfang inhalt enthalten contenu inclus couverture "
            "incluye contenido cobertura"
        ),
    ),
)
"""Questions for what happens, for what something means, and for what it covers."""
