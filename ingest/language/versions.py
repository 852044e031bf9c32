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

REPLACING = (
    r"replac(?:es|ing)\b|supersed(?:es|ing)\b|in place of the\b",
    r"ersetzt\b|tritt an die stelle\b|anstelle (?:der|des)\b",
    r"remplace\b|annule et remplace\b|en remplacement d",
    r"sustituye\b|reemplaza\b|en sustitución d",
)
"""Words by which a document says that it replaces another, as patterns."""

EARLIER_ASKED = (
    "old|older|previous|previously|former|formerly|earlier|expired|superseded|so far|until now|used to",
    "alte[nrs]?|frühere[nrs]?|vorige[nrs]?|bisherige[nrs]?|bisher|früher",
    "ancien|ancienne|précédente?|auparavant|jusqu'ici",
    "antiguo|antigua|anterior|antes|hasta ahora",
)
"""Words by which a question asks for an earlier version, as patterns."""
