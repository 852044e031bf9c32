"""Words by which a question asks for the latest of several things, in all languages, as patterns."""

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
