"""Words for the latest of several things, and for plans that were changed, in all languages, as patterns."""

LATEST = (
    "latest|last|newest|most recent|current|currently",
    "letzte[nrs]?|neueste[nrs]?|aktuelle[nrs]?|jüngste[nrs]?|derzeitige[nrs]?",
    "derni(?:er|ère)s?|plus récente?s?|actuel(?:le)?s?",
    "últim[oa]s?|más recientes?|actual(?:es)?",
)
"""Words before what the latest of is asked for."""

NO_RANK = (
    "name|year|month|week|time|night|names?|jahr|monat|woche|mal|année|an|mois|semaine|fois|nom|año|mes|semana|vez|"
    "nombre"
)
"""Words after such a word that give it another meaning: `last name`, `last year`."""

PLANS = (
    "(?:was|were) (?:to|due|(?:originally |first )?(?:planned|scheduled|supposed|meant|set|expected|booked))|"
    "had been (?:planned|scheduled|booked)|originally|initially|at first|"
    "sollten?|war(?:en)? (?:ursprünglich )?(?:geplant|vorgesehen|angesetzt)|ursprünglich|zunächst|"
    "devai(?:t|ent)|étai(?:t|ent) prévue?s?|initialement|à l.origine|"
    "debían?|estaban? previst[oa]s?|al principio|originalmente"
)
"""Words by which a sentence says what was planned, or held at first."""

CHANGES = (
    "moved|postponed|put (?:off|back)|brought forward|delayed|changed|cancelled|called off|replaced|raised|"
    "lowered|reduced|increased|instead|now|but|however|finally|in the end|"
    "verschoben|verlegt|vorgezogen|geändert|abgesagt|ersetzt|erhöht|gesenkt|stattdessen|nun|jetzt|aber|jedoch|"
    "schließlich|reportée?s?|déplacée?s?|avancée?s?|annulée?s?|finalement|mais|désormais|maintenant|"
    "aplaz\\w+|adelant\\w+|cancel\\w+|cambi\\w+|finalmente|pero|ahora|en su lugar"
)
"""Words by which a later sentence says that the plan was changed."""
