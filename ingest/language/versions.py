"""How documents and their names tell versions apart: the words of all languages merged, in lower case."""

from ingest.language.definition import words

DRAFTS = words("draft entwurf brouillon borrador bozza old alt ancien antiguo superseded")
"""The version comes before those without such a word."""

FINALS = words("final signed endfassung unterschrieben définitif définitive signé firmado definitivo finale")
"""The version comes after all others."""

NUMBERED = words("v ver version rev revision fassung versión révision revisión edition ausgabe")
"""A number follows that orders the versions."""

AGREEMENTS = words(
    "contract contracts agreement agreements lease policy terms conditions tariff tariffs price prices "
    "pricelist rates fees rules handbook guidelines statutes bylaws constitution charter "
    "vertrag mietvertrag arbeitsvertrag vereinbarung police tarif tarife preisliste preise satzung "
    "hausordnung ordnung richtlinie richtlinien agb gebührenordnung "
    "contrat bail accord convention règlement tarifs statuts conditions "
    "contrato acuerdo convenio póliza tarifa tarifas precios estatutos reglamento normas"
)
"""Documents that hold until they are replaced, so of two years the later one counts."""

WILLS = words("will testament testamento")
"""Kinds of documents that hold until somebody dies. One of them is a stop word elsewhere."""

REPLACING = (
    r"replac(?:es|ing)\b|supersed(?:es|ing)\b|in place of the\b",
    r"ersetzt\b|tritt an die stelle\b|anstelle (?:der|des)\b",
    r"remplace\b|annule et remplace\b|en remplacement d",
    r"sustituye\b|reemplaza\b|en sustitución d",
)
"""Words by which a document says that it replaces another, as patterns."""

AMENDING = (
    r"amend(?:ment|ed|ing)s?|addend(?:um|a)|codicils?|side letters?|change orders?|contract riders?",
    r"supplement(?:al|ary)? (?:agreement|deed|to)|(?:contract|lease) (?:supplement|rider|variation)",
    r"(?:deed|letter|agreement) of variation|variation (?:agreement|of|to)",
    r"[^\W\d_]*nachtr[aä]ge?s?|änderungs(?:vereinbarung|vertrag)|(?:vertrags|zusatz)(?:änderung|vereinbarung)",
    r"ergänzung(?:svereinbarung)?|kodizill",
    r"avenants?|codicilles?",
    r"adendas?|anexo modificatorio|codicilos?",
)
"""Words in the name or first line of a document that changes parts of another, as patterns."""

EARLIER_ASKED = (
    "old|older|previous|previously|former|formerly|earlier|expired|superseded|so far|until now|used to"
    "|original|originally|initially|in the first (?:contract|agreement|lease|will)|before the amendment",
    "alte[nrs]?|frühere[nrs]?|vorige[nrs]?|bisherige[nrs]?|bisher|früher|ursprünglich(?:e[nrs]?)?",
    "ancien|ancienne|précédente?|auparavant|jusqu'ici|initialement|à l'origine",
    "antiguo|antigua|anterior|antes|hasta ahora|originalmente",
)
"""Words by which a question asks for an earlier version, as patterns."""
