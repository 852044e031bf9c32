"""Measures: how the languages write units, currencies, powers of ten, months, and limits of a number.

The forms of all languages are merged, because a library mixes languages. A form belongs here only if it means
the same in every language that has it. Forms are in lower case, accents kept.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_TIME_FORMS = {
    "second": "second seconds sec secs s sekunde sekunden sek seconde secondes segundo segundos",
    "minute": "minute minutes min mins minuten minuto minutos",
    "hour": "hour hours hr hrs h stunde stunden std heure heures hora horas",
    "day": "day days tag tage tagen jour jours día días dia dias",
    "week": "week weeks woche wochen semaine semaines semana semanas",
}
_MONTHS_LONG = {"month": 1, "year": 12, "decade": 120}
_LONG_FORMS = {
    "month": "month months monat monate monaten monats mois mes meses",
    "year": "year years yr yrs jahr jahre jahren jahres ans année années año años",
    "decade": "decade decades jahrzehnt jahrzehnte jahrzehnten décennie décennies década décadas",
}
_METRIC = {
    "metre": (
        ("1000", "km kilometre kilometres kilometer kilometers kilometern kilomètre kilomètres kilómetro"),
        ("1", "m metre metres meter meters metern mètre mètres metro metros"),
        ("0.01", "cm centimetre centimetres centimeter centimeters zentimeter centimètre centimètres"),
        ("0.001", "mm millimetre millimetres millimeter millimeters millimètre millimètres"),
    ),
    "gram": (
        ("1000000", "t ton tons tonne tonnes tonnen tonelada toneladas"),
        ("1000", "kg kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes kilogramo kilogramos"),
        ("1", "g gram grams gramm gramme grammes gramo gramos"),
        ("0.001", "mg milligram milligrams milligramm"),
    ),
    "litre": (
        ("1", "l litre litres liter liters litern litro litros"),
        ("0.001", "ml millilitre millilitres milliliter milliliters"),
    ),
    "square metre": (
        (
            "1",
            "m²|m2|sqm|qm|square metre|square metres|square meter|square meters|quadratmeter|quadratmetern|"
            "mètre carré|mètres carrés|metro cuadrado|metros cuadrados",
        ),
        ("10000", "ha hectare hectares hektar hectárea hectáreas"),
        ("1000000", "km²|km2|square kilometre|square kilometres|square kilometer|square kilometers"),
    ),
    "cubic metre": (("1", "m³|m3|cbm|cubic metre|cubic metres|cubic meter|cubic meters|kubikmeter"),),
    "watt": (("1", "w watt watts"), ("1000", "kw kilowatt kilowatts"), ("1000000", "mw megawatt megawatts")),
    "watt hour": (
        ("1000", "kwh|kilowattstunden|kilowattstunde|kilowatt hours"),
        ("1000000", "mwh"),
        ("1000000000", "gwh"),
    ),
}
_PLAIN = {
    "percent": "%|percent|per cent|prozent|pour cent|por ciento|v. h.",
    "percentage point": "percentage point|percentage points|prozentpunkt|prozentpunkte|points de pourcentage",
    "basis point": "bps|basis point|basis points|basispunkte",
    "business day": "business day|business days|working day|working days|werktag|werktage|werktagen|"
    "arbeitstag|arbeitstage|arbeitstagen|jours ouvrables|jours ouvrés|días hábiles|días laborables",
    "mile": "mile miles mi meile meilen milla millas",
    "foot": "ft foot feet fuß",
    "inch": "in. inch inches zoll",
    "square foot": "sqft|sq ft|square foot|square feet",
    "acre": "acre acres",
    "pound of weight": "lb lbs",
    "ounce": "oz ounce ounces",
    "gallon": "gallon gallons",
    "degree Celsius": "°c|degrees celsius|grad celsius|degrés celsius|grados celsius",
    "degree Fahrenheit": "°f|degrees fahrenheit",
    "degree": "° degree degrees grad degré degrés grado grados",
    "byte": "byte bytes",
    "kilobyte": "kb kib kilobyte kilobytes",
    "megabyte": "mb mib megabyte megabytes",
    "gigabyte": "gb gib gigabyte gigabytes",
    "terabyte": "tb tib terabyte terabytes",
    "hertz": "hz hertz",
    "megahertz": "mhz megahertz",
    "gigahertz": "ghz gigahertz",
    "volt": "v volt volts",
    "euro": "€ eur euro euros",
    "dollar": "$ usd us$ dollar dollars dólar dólares",
    "pound": "£ gbp pound pounds pfund",
    "franc": "chf franken francs",
    "yen": "¥ jpy yen",
    "yuan": "cny rmb yuan",
    "rupee": "₹ inr rupee rupees",
    "krona": "sek krona kronor",
    "cent": "cent cents centime centimes céntimo céntimos",
}


def _forms(text: str) -> list[str]:
    """The forms in `text`, separated by bars, or by spaces where there are no bars."""
    return text.split("|") if "|" in text else text.split()


def _units() -> dict[str, tuple[str, Decimal]]:
    units: dict[str, tuple[str, Decimal]] = {}
    for names, sizes, base in ((_TIME_FORMS, _SECONDS, "second"), (_LONG_FORMS, _MONTHS_LONG, "month")):
        for name, text in names.items():
            units |= dict.fromkeys(_forms(text), (base, Decimal(sizes[name])))
    for base, rows in _METRIC.items():
        for size, text in rows:
            units |= dict.fromkeys(_forms(text), (base, Decimal(size)))
    for base, text in _PLAIN.items():
        for form in _forms(text):
            units.setdefault(form, (base, Decimal(1)))
    return units


UNITS = _units()
"""Each form of a unit, with the unit that its kind is converted to and the factor: `weeks` are 604,800
seconds, `years` are 12 months. A month has no fixed number of days, so the two kinds are not converted."""

SYMBOLS = frozenset(
    "wh kwh mwh gwh kw mw mm cm km m² m³ km² mg kg ml cl hl kb mb gb tb kib mib gib °c °f km/h mph kcal kj "
    "hpa ppm lbs".split()
)
"""Symbols of units. As the last word of a column's name, one says what its numbers are."""

CURRENCY_SIGNS = ("US$", "€", "$", "£", "¥", "₹", "EUR", "USD", "GBP", "CHF", "JPY", "INR")
"""Currencies that are also written before the number."""

SCALES = {
    form: Decimal(10) ** power
    for power, text in (
        (2, "hundred hundert"),
        (3, "thousand thousands k tausend tsd mille milliers mil miles"),
        (6, "million millions mn mio million millionen millones millón"),
        (9, "billion billions bn milliarde milliarden mrd milliard milliards"),
        (12, "trillion trillions"),
    )
    for form in text.split()
}
"""Words that multiply the number before them. `Billion` is the English one; German texts mean a trillion by
it, and rarely have so much to count."""

MONTHS = {
    form: number
    for number, text in enumerate(
        (
            "january jan januar jänner janvier janv enero",
            "february feb februar février févr febrero",
            "march mar märz mrz mars marzo",
            "april apr avril avr abril",
            "may mai mayo",
            "june jun juni juin junio",
            "july jul juli juillet juil julio",
            "august aug août agosto",
            "september sept sep septembre septiembre",
            "october oct oktober okt octobre octubre",
            "november nov novembre noviembre",
            "december dec dezember dez décembre déc diciembre dic",
        ),
        start=1,
    )
    for form in text.split()
}
"""Months by name."""

AMBIGUOUS_MONTHS = frozenset({"may", "mar"})
"""Those that are other words too."""

ORDINALS = {
    form: number
    for number, text in enumerate(
        (
            "first erste ersten erster erstes premier première primer primera primero",
            "second zweite zweiten zweiter zweites deuxième seconde segundo segunda",
            "third dritte dritten dritter drittes troisième tercer tercera tercero",
            "fourth vierte vierten vierter viertes quatrième cuarto cuarta",
            "fifth fünfte fünften fünfter fünftes cinquième quinto quinta",
            "sixth sechste sechsten sixième sexto sexta",
            "seventh siebte siebten septième séptimo séptima",
            "eighth achte achten huitième octavo octava",
            "ninth neunte neunten neuvième noveno novena",
            "tenth zehnte zehnten dixième décimo décima",
        ),
        start=1,
    )
    for form in text.split()
}
"""Written-out ordinal numbers."""

ONES = frozenset("one single a an ein eine einen einem einer eines un une una uno".split())
"""Words that may mean the number 1."""

LOWER_LIMITS = (
    "more than|over|at least|no less than|not less than|no fewer than|minimum of|exceeds|exceeding|exceeded|"
    "above|mehr als|über|mindestens|wenigstens|plus de|au moins|dépasse|más de|al menos|por lo menos|mínimo"
).split("|")
"""Phrases before a number that make it a lower limit."""

UPPER_LIMITS = (
    "less than|under|at most|no more than|not more than|up to|maximum of|not exceed|not exceeding|fewer than|"
    "below|nearly|almost|weniger als|unter|höchstens|maximal|bis zu|moins de|au plus|jusqu'à|presque|"
    "menos de|hasta|como máximo|casi"
).split("|")
"""Phrases before a number that make it an upper limit."""

LIMITING = frozenset(word for phrase in (*LOWER_LIMITS, *UPPER_LIMITS) for word in phrase.split())
"""Words of such phrases. One before a number says that it is not a name."""

LOWER_SUFFIXES = "or more|or above|or older|or longer|and over|oder mehr|ou plus|o más".split("|")
"""Phrases after a number that make it a lower limit."""

UPPER_SUFFIXES = "or less|or fewer|or under|or younger|oder weniger|ou moins|o menos".split("|")
"""Phrases after a number that make it an upper limit."""

RANGES = frozenset("- – to and or bis und oder à et ou a y o".split())
"""What stands between two numbers that share their unit: `5 to 10 days`."""

RATES = ("per", "a", "an", "each", "every", "/", "pro", "im", "je", "par", "por", "al", "à la")
"""Words between an amount and the period or the thing that it counts for: `870 euros a month`."""


def alternatives(forms: Iterable[str]) -> str:
    """A regular expression for one of `forms`, the longest first."""
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    return "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in ordered)


HOW_MANY = r"how many|how much|wie ?viele?n?|combien (?:de )?|combien d['’]|cu[aá]nt[oa]s?(?: son)?"
"""What a unit follows in a question that asks for a number of it, as a regular expression."""

PROPERTIES = {
    "mass": "weigh weighs weight heavy wiegt gewicht schwer pèse poids pesa",
    "length": "wide width tall breit breite largeur hauteur anchura altura",
}
"""Words of a question that ask for a quantity of one kind. Left out are words that also go with other kinds:
a rent can be high, and a report long."""

DIMENSIONS = tuple(
    frozenset(words.split())
    for words in (
        "tall high height heights hoch höhe haut haute hauteur alto alta altura altezza hoog hoogte",
        "long length along lang länge entlang long longue longueur largo larga longitud lunghezza lengte",
        "wide width broad across breit breite large largeur ancho ancha anchura larghezza breedte",
        "deep depth tief tiefe profond profonde profondeur profundo profunda profundidad diep diepte",
        "thick thickness dick dicke épais épaisse épaisseur grueso gruesa grosor",
        "far distance away apart entfernt entfernung loin distance lejos distancia",
    )
)
"""Words for each dimension of a thing, in questions and in texts."""

COUNTED_IN_TIME = frozenset(
    "holidays holiday vacations nights weekends breaks lessons shifts ferien urlaubstage vacances congés"
    " vacaciones".split()
)
"""Nouns whose number may be given as a duration: "28 days" of holidays."""

DIMENSIONS_ASKED = (
    r"\W*(?:how (?:tall|high|wide|broad|deep|thick)|"
    r"what (?:is|was) the (?:height|length|width|depth|thickness)|"
    r"wie (?:hoch|breit|tief|dick)|quelle (?:est|était) la (?:hauteur|longueur|largeur|profondeur)|"
    r"qué (?:altura|longitud|anchura|profundidad))\b"
)
"""Beginnings of questions for a dimension, as a regular expression. *How long* and *how far* are left out,
because they also ask for other things."""

TOTALS = (
    r"altogether|in total|(?:in all|combined)\W*$|taken together|"
    r"(?:is|was) the total(?: amount| sum| cost| price)?(?: of| for|\W*$)|"
    "insgesamt|zusammengenommen|alles zusammen|gesamtbetrag|gesamtsumme|"
    "au total|en tout|montant total|en total|importe total|in totale|in totaal"
)
"""What a question adds when it asks for a sum, as a regular expression."""

TOTAL_WORDS = (
    "total|sum|altogether|combined|gesamt|summe|zusammen|somme|suma|en tout|totaal|"
    "amount due|balance|payable|to pay|zahlbetrag|zu zahlen|à payer|a pagar"
)
"""Beginnings of words, also within compounds, with which a quote says that it states a sum."""

KINDS = {
    "time": ("second", "month", "business day"),
    "length": ("metre", "mile", "foot", "inch"),
    "mass": ("gram", "pound of weight", "ounce"),
}
"""Units that answer the same question. A litre and a cubic metre are told apart, as their meters are."""

NUMBERS_ASKED = r"how many|wie ?viele|combien de|cu[aá]nt[oa]s"
"""What asks for a number of things, as a regular expression."""

VAGUE_NUMBERS = (
    "no|none|nobody|neither|both|all|every|once|twice|few|several|many|dozens?|hundreds?|thousands?|millions?|"
    "kein|keine|keinen|keiner|beide|alle|einige|mehrere|viele|aucun|aucune|plusieurs|ning[uú]n|ninguna|varios|varias"
)
"""Words that answer a question for a number without stating one, as a regular expression."""

BILL_NOUNS = tuple("invoice bill receipt rechnung quittung facture factura recibo".split())
"""Documents that ask for money or confirm it."""

BILLS = r"invoices?|bills?|receipts?|\w*rechnung(?:en)?|quittung(?:en)?|factures?|facturas?|recibos?"
"""The same in their forms, as a regular expression."""

BILLS_ASKED = (
    r"(?:and |und |et |y )?(?:how (?:much|high|large|big)|wie ?(?:viel|hoch|teuer)|(?:à )?combien|"
    rf"de combien|cu[aá]nto)\b.*\b(?:{BILLS})\b"
)
"""Beginnings of questions for the amount of a bill, as a regular expression."""

NAMES_OF_NUMBERS = (
    r"(?:number|no|nr|id|ref|reference|reading|meter|counter|\w*nummer|\w*zähler(?:stand)?|num[ée]ro|relevé"
    r"|compteur|número|lectura|contador)"
)
"""Words before a number that is no amount of money, as a regular expression."""

PRICES_ASKED = (
    r"(?:and |but )?(?:"
    r"how (?:much|high) (?:is|was|are|were)\b.*\b(?:fees?|rent|price|deposit|fine|fare|salary|wages?)\b|"
    r"wie (?:hoch|teuer) (?:ist|war|sind|waren)\b.*\b\w*(?:gebühr|miete|kaution|preis|gehalt|lohn|beitrag)\b"
    r")"
)
"""Beginnings of questions that an amount of money answers, unless it depends on something."""

AMOUNTS_ASKED = (
    rf"{BILLS_ASKED}|(?:and |but )?(?:"
    r"what (?:does|do|did|will|would)\b.*\bcost(?![-\w])|"
    r"what (?:does|do|did|will|would|must|should)\b.*(?<!to )\b(?:pay|charge|owe|earn)\b"
    r"(?! (?:attention|off|of|against))(?!.*\b(?:for|with|in|by|to|from)\W*$)|"
    r"how much (?:does|do|did|will|would|must|should|can|may)\b.*\b(?:cost|pay|charge|earn|owe|spend)\b|"
    r"how much (?:is|was|are|were) (?:it|that|this|they|those)\W*$|"
    r"(?:was|wie ?viel) (?:kosten|kostete?n?|kostet|zahl\w+|bezahl\w+|verdien\w+)\b|"
    r"(?:que|combien) (?:coût\w+|pai\w+|pay\w+|gagn\w+)\b|"
    r"cu[aá]nto (?:cuesta\w*|costó|pag\w+|cobra\w*|gana\w*)\b"
    r")"
)
"""Beginnings of questions for an amount of money, as a regular expression."""

MONEY = frozenset("euro dollar pound franc yen yuan rupee krona cent percent".split())
"""The units of `UNITS` in which amounts of money are stated, and shares of them."""

AMOUNTS_IN_WORDS = (
    r"free|nothing|no (?:\w+ )?(?:charge|cost|fee|fees|rent|pay)|half|double|twice|third|quarter|in full|"
    r"the whole|nil|without (?:cost|charge)|cheap|"
    r"kostenlos|umsonst|nichts|hälfte|gratis|gratuit\w*|rien|moitié|nada|mitad"
)
"""Words that answer a question for an amount without stating one, as a regular expression."""

TIMES_ASKED = (
    "(?:and |since |until |by |from )?when (?:is|are|was|were|did|do|does|will|would|should|can|could|may|"
    "must|has|have|had)|how old|"
    "(?:und |seit |bis |ab )?wann|wie alt|(?:et )?(?:depuis |jusqu'à )?quand|quel âge|"
    "(?:y )?(?:desde |hasta )?cuándo|qué edad"
)
"""Beginnings of questions for a time or an age, as a regular expression."""

TIME_WORDS = (
    r"(?<![.,])\d{3,4}(?![.,]\d)|\d+0s|(?:in|of|until|since|by|from|early|late) may|when|while|after|"
    "before|until|till|during|as soon as|immediately|once|upon|ago|recent|recently|current|currently|"
    "now|then|early|late|later|soon|sooner|shortly|prior|beginning|eve|at present|xmas|daytime|decade|"
    "century|centuries|era|dynasty|reign|day|week|month|quarter|year|hour|minute|night|morning|evening|"
    "noon|today|tomorrow|yesterday|daily|weekly|monthly|yearly|always|never|if|period|age|aged|war|"
    "spring|summer|autumn|winter|season|easter|christmas|birth|death|time|term|nachdem|bevor|sobald|"
    "wenn|während|sofort|derzeit|heute|gestern|morgen|jahr|jahrhundert|monat|woche|tag|stunde|nacht|"
    "abend|mittag|frühjahr|frühling|sommer|herbst|winter|ostern|weihnachten|nie|immer|quand|lorsque|"
    "après|avant|pendant|dès|aussitôt|aujourd'hui|demain|hier|an|année|mois|semaine|jour|heure|nuit|"
    "matin|soir|midi|printemps|en été|automne|hiver|pâques|noël|jamais|toujours|siècle|cuando|después|"
    "antes|durante|en cuanto|hoy|mañana|ayer|año|mes|semana|día|hora|noche|tarde|primavera|verano|"
    "otoño|invierno|navidad|nunca|siempre|siglo"
)
"""Words that say when something is, without plural endings, as a regular expression."""
