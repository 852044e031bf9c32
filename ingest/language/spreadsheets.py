"""Words in the names of a table's columns and rows that say what may be added up.

The lists of all languages are merged, as those of `ingest.language`. Entries are regular expressions for
whole words, and are matched without regard to case.
"""

NOT_ADDED = (
    r"id|ids|no\.?|nr\.?|number|code|key|index|rank|position|zip|postcode|phone|tel\.?|mobile|fax|"
    r"iban|account|"
    r"year|month|week|day|age|version|page|line|room|flat|lat\w*|lon\w*|price|rate|ratio|percent\w*|"
    r"share|score|"
    r"\(?\d ?[-–] ?\d+\)?|scores|ratings|marks?|satisf\w*|humidity|rating|grade|average|mean|median|"
    r"temperature|temp|speed|height|width|balance|per|each|bpm|ph|"
    r"level|isbn|sku|"
    r"built|born|founded|\S+ (?:no\.?|id)",
    r"nummer|kennung|rang|plz|postleitzahl|telefon|handy|konto\w*|jahr|monat|woche|tag|alter|seite|"
    r"zeile|zimmer|"
    r"wohnung|\w*preis|satz|\w*quote|anteil|note|prozent\w*|"
    r"durchschnitt|temperatur|saldo|kontostand|pro|je|"
    r"\w*nummer|"
    r"baujahr|jahrgang|geschwindigkeit|breite|länge|höhe",
    r"numéro|n°|rang|téléphone|compte|année|an|mois|semaine|jour|âge|prix|taux|pourcentage|moyenne|"
    r"température|"
    r"solde|code postal|par",
    r"número|núm\.?|n\.º|puesto|teléfono|cuenta|año|mes|semana|día|edad|precio|tasa|porcentaje|media|"
    r"temperatura|saldo|código(?: postal)?|por",
)
"""Words in the names of columns whose numbers name, rate or time something: their sum says nothing."""

AVERAGED = (
    r"score|scores|rating|ratings|grade|marks?|temperature|temp|speed|percent\w*|rate|satisf\w*|level|"
    r"humidity|"
    r"bpm|average|\(?\d ?[-–] ?\d+\)?",
    r"note|noten|bewertung|temperatur|geschwindigkeit|prozent\w*|zufriedenheit|feuchte",
    r"notes?|évaluation|température|vitesse|pourcentage|satisfaction|nota|calificación|temperatura|velocidad",
)
"""Words in the names of columns whose numbers have a mean that says something, and no sum."""

BALANCES = (r"balance|saldo|kontostand|solde|stand|stock|bestand|existencias",)
"""Words in the names of columns in which each number replaces the one above it."""

MONEY = (
    r"amount|cost|costs|total|sum|price|paid|spent|value|revenue|sales|salary|budget|actual|net|gross|debit|"
    r"credit",
    r"betrag|kosten|summe|gesamt|preis|wert|umsatz|gehalt|ausgaben?|einnahmen?|netto|brutto|soll|haben",
    r"montant|coût|total|somme|prix|valeur|ventes|salaire|dépenses?|recettes?|débit|crédit",
    r"importe|coste|total|suma|precio|valor|ventas|salario|gastos?|ingresos?|cargo|abono",
)
"""Words in the names of columns with the amounts that matter most in a table."""
