"""The tables of `ingest.language.calculation`, one for each language.

All entries are folded: lower case, without accents. Patterns are regular expressions for a folded question;
the longest match wins. This module is long because it holds the words of four languages. To add a language,
add a table and name it in `calculation.CALCULATIONS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.language.definition import phrases, words


@dataclass(frozen=True, slots=True)
class Calculation:
    """The words of one language for what is counted and how."""

    count: tuple[str, ...]
    """Patterns that ask for a number of things, anywhere in a question."""
    number_of: tuple[str, ...]
    """Patterns that do so only at the beginning: not "policy number of"."""
    listing: tuple[str, ...]
    """Patterns that ask for the things themselves; at the beginning of a question."""
    existence: tuple[str, ...]
    """Patterns that ask whether there are any; at the beginning of a question."""
    total: tuple[str, ...]
    """Patterns that ask for a sum."""
    average: tuple[str, ...]
    """Patterns that ask for a mean."""
    highest: tuple[str, ...]
    """Patterns that ask for the largest value."""
    lowest: tuple[str, ...]
    """Patterns that ask for the smallest value."""
    per: tuple[str, ...]
    """Patterns before the thing by which values are grouped."""
    mention: tuple[str, ...]
    """Patterns before words that a document's text must contain."""
    over: tuple[str, ...]
    """Patterns before a number that values must exceed."""
    under: tuple[str, ...]
    """Patterns before a number that values must stay below."""
    at_least: tuple[str, ...]
    """Patterns before the least number that values may have."""
    at_most: tuple[str, ...]
    """Patterns before the largest number that values may have."""
    after: tuple[str, ...]
    """Patterns before the first day of a period."""
    later: tuple[str, ...]
    """Patterns before the last day, month or year that is before a period."""
    before: tuple[str, ...]
    """Patterns before the day after a period."""
    documents: Mapping[str, tuple[str, ...]]
    """Nouns for documents, with the types (`ingest.selection`) they name; no type for all documents."""
    rows: frozenset[str]
    """Nouns for the rows of a table and the items of a list."""
    steps: frozenset[str]
    """Nouns for the items of a numbered list."""
    containers: frozenset[str]
    """Nouns for tables and lists: a question that says one asks for what stands there."""
    quantities: frozenset[str]
    """Words in the names of columns that say how many there are of something."""
    unit_prices: frozenset[str]
    """Words in the names of columns of prices for one piece, which are not added up."""
    when: frozenset[str]
    """Words that ask for a date."""
    tasks: frozenset[str]
    """Nouns for check boxes."""
    open_tasks: frozenset[str]
    """What a box that is not checked is called."""
    done_tasks: frozenset[str]
    """What a checked box is called."""
    paid: frozenset[str]
    """What is said of a bill that is paid."""
    unpaid: frozenset[str]
    """What is said of a bill that is not paid."""
    late: frozenset[str]
    """What else is said of one that is not paid: not every unpaid bill is overdue."""
    not_paid: tuple[str, ...]
    """Patterns that say in several words that a bill is not paid."""
    owing: tuple[str, ...]
    """Patterns that ask what somebody still has to pay."""
    spent: frozenset[str]
    """Words after which an amount is the sum of all that fits."""
    affirmed: frozenset[str]
    """Cells that mean yes."""
    denied: frozenset[str]
    """Cells that mean no."""
    total_labels: frozenset[str]
    """How the label of a row of totals begins."""
    before_tax: frozenset[str]
    """Words in the label of the sum to which a tax is added."""
    amount_fields: tuple[str, ...]
    """Names of the field with the amount of a bill, the most exact first."""
    units_of_time: Mapping[str, str]
    """Words for `month` and `year`."""
    rates: tuple[tuple[str, str], ...]
    """Patterns for the unit of time of a mean, each with the unit."""
    by: tuple[str, ...]
    """Those of them that group by any word, and group the answers to questions that say nothing else."""
    other_openers: tuple[str, ...]
    """Patterns at the beginning of a question that nothing can be computed for: why, how, yes or no."""
    money: frozenset[str]
    """Words of a question about an amount of money."""
    prices: frozenset[str]
    """Words in the names of columns of money."""
    kind_fields: frozenset[str]
    """Names of the field that says which kind of document it is in."""
    party_fields: frozenset[str]
    """Names of fields that name a person or a company."""
    date_fields: tuple[str, ...]
    """Names of the field with the date of a document, the most exact first."""
    names_in_numbers: frozenset[str]
    """Words in the names of columns whose numbers name things, and are not added up."""
    dimensions: Mapping[str, frozenset[str]]
    """Superlatives of one dimension, folded, each with the names of columns of it."""
    readings: frozenset[str]
    """Words in the names of columns of readings, whose differences count: counters, balances."""
    fillers: frozenset[str]
    """Words of a question that are no condition: they may stay unmatched."""
    conditions: frozenset[str]
    """Words that change which things are meant. If one is not understood, nothing is computed."""


ENGLISH = Calculation(
    count=("how many",),
    number_of=(
        r"(?:the )?(?:total )?number of(?: all)?(?: the| my| our)?(?=(?: \w+){0,2} \w+s\b)",
        "count(?: of)?(?: all)?(?: the| my| our)?",
    ),
    listing=(
        "(?:please )?(?:list|show|name|enumerate|give)(?: me| us)?(?: all| every)?(?: the| my| our)?",
        "which",
        "what(?: are| were)(?: all)?(?: the| my| our)?",
    ),
    existence=("(?:are|were) there(?: any)?", "is there(?: an?| any)?", "do (?:i|we) have(?: any)?"),
    total=(
        "(?:in|the) total(?: of| for)?",
        "total(?: of| for)?",
        "(?:the )?sum (?:of|for)",
        "add(?:s|ed)? up(?: all)?(?: the)?",
        "altogether",
        "in all",
    ),
    average=("(?:the |on )?average(?: of)?", "(?:the )?mean (?:of|value of)", "(?<=the )mean"),
    highest=(
        "(?<=has )the most",
        "(?<=have )the most",
        "(?<=had )the most",
        "(?<=with )the most",
        "highest",
        "largest",
        "biggest",
        "greatest",
        "maximum",
        "most expensive",
        "most valuable",
        "(?:is|are|was|were) worth (?:the )?most",
        "costliest",
        "dearest",
        "costs? the most",
        "longest",
        "heaviest",
        "tallest",
        "oldest",
    ),
    lowest=(
        "(?<=has )the (?:fewest|least)",
        "(?<=have )the (?:fewest|least)",
        "(?<=had )the (?:fewest|least)",
        "lowest",
        "smallest",
        "minimum",
        "cheapest",
        "least expensive",
        "least valuable",
        "costs? the least",
        "shortest",
        "lightest",
        "youngest",
    ),
    per=("by", "per", "for (?:each|every)", "in (?:each|every)", "of (?:each|every)", "each", "grouped by"),
    mention=(
        "mention(?:s|ed|ing)?",
        "contain(?:s|ing)?(?: the words?)?",
        "refer(?:s|ring)? to",
        "cite(?:s)?",
    ),
    over=(
        "over",
        "above",
        "(?:more|greater|higher|larger|bigger|longer|heavier|older|dearer) than",
        "exceeding",
    ),
    under=(
        "under",
        "below",
        "(?:less|lower|fewer|smaller|shorter|lighter|younger|cheaper) than",
    ),
    at_least=("at least", "(?:no|not) (?:less|fewer) than"),
    at_most=("at most", "(?:no|not) more than", "up to"),
    after=("since",),
    later=("after",),
    before=("before",),
    documents={
        **dict.fromkeys(("document", "documents", "docs", "files", "file"), ()),
        **dict.fromkeys(("pdf", "pdfs"), ("pdf",)),
        **dict.fromkeys(("email", "emails", "mails", "mail"), ("mail",)),
        **dict.fromkeys(("spreadsheets", "workbooks"), ("xlsx", "ods")),
        **dict.fromkeys(("csv", "csvs"), ("csv",)),
        **dict.fromkeys(("presentations",), ("pptx", "odp")),
        **dict.fromkeys(("markdown",), ("md",)),
        **dict.fromkeys(("notes",), ("md", "txt", "org")),
    },
    rows=words("row rows record records entry entries line lines item items things points"),
    steps=words("steps"),
    containers=words("table list lists sheet spreadsheet workbook csv xlsx column columns row rows"),
    quantities=words("quantity qty count number pieces units stock pcs"),
    unit_prices=words("unit each per rate single hourly daily"),
    when=words("when"),
    tasks=words("task tasks todo todos checkbox checkboxes"),
    open_tasks=words("open unfinished undone unchecked pending remaining outstanding incomplete"),
    done_tasks=words("done completed finished closed checked complete"),
    paid=words("paid settled"),
    unpaid=words("unpaid open outstanding unsettled"),
    late=words("overdue due owed owing late"),
    not_paid=(
        "not (?:yet |been |yet been )?paid",
        "not (?:yet )?settled",
        "(?:hasn|haven) t (?:yet )?paid",
    ),
    owing=(
        "(?:still )?ow(?:e|es|ed|ing)(?: us| me)?(?: any| some)?(?: money)?",
        "(?<=how much is )(?:still )?due",
    ),
    spent=words("spend spent"),
    affirmed=words("yes y true x ✓ ✔ ☑"),
    denied=words("no n false - – ✗ ✘ ☐"),
    total_labels=phrases("total|grand total|subtotal|sub total|sum|totals|overall"),
    before_tax=words("net"),
    amount_fields=(
        "amount due",
        "total due",
        "total amount",
        "grand total",
        "invoice total",
        "total",
        "amount",
        "gross",
    ),
    units_of_time={"month": "month", "months": "month", "year": "year", "years": "year"},
    rates=(
        ("(?:a|per|each|every|for each|for every|in each) month", "month"),
        ("monthly", "month"),
        ("(?:a|per|each|every|for each|for every|in each) year", "year"),
        ("(?:yearly|annual|annually)", "year"),
    ),
    by=("by", "per"),
    other_openers=(
        "why",
        "how (?!much|many|old|long|high)",
        "(?:is|are|was|were|does|do|did|can|could|should|would|will|has|have|had|may|must)",
        "(?:compare|summari[sz]e|explain|describe)",
    ),
    money=words("pay paid cost costs spend spent price euros euro dollars"),
    prices=words("cost price fee dues subscription rent net gross paid"),
    kind_fields=words("type kind category"),
    party_fields=words(
        "vendor supplier seller from sender author company issuer customer client payee to by"
    ),
    date_fields=("date of invoice", "invoice date", "date", "issued"),
    names_in_numbers=words("no nr id number year phone tel zip code page month day"),
    dimensions={
        **dict.fromkeys(
            ("longest", "shortest"), words("length distance duration km miles time hours minutes days")
        ),
        **dict.fromkeys(("heaviest", "lightest"), words("weight mass g kg lb lbs")),
        "tallest": words("height cm"),
        **dict.fromkeys(("oldest", "youngest"), words("age")),
        **dict.fromkeys(
            ("expensive", "cheapest", "costliest", "dearest"), words("price prices cost costs fee rent")
        ),
        **dict.fromkeys(("valuable", "worth"), words("value values worth estimate")),
    },
    readings=words("start end begin from to counter reading meter balance opening closing"),
    fillers=words(
        "please there high old long exist exists stored library indexed currently altogether much many "
        "value values amount amounts cost costs listed recorded given entered table column sheet list row "
        "figure figures say says stand stands tell me us contained get got sent received issued written "
        "named all every different various called number sum tagged tag labelled work works worked live "
        "weigh weighs weighed come comes came "
        "lives use used need needs according pay pays falls drive drove driven travel travelled traveled "
        "ride rode ridden walk walked run ran cycle cycled fly flew flown"
    ),
    conditions=words(
        "not no without except excluding or between before after since until over under above below more "
        "less than least most both neither only other another except but if last next this first second "
        "third ever never still yet already except exclude nor than ago recent recently latest newest "
        "earliest oldest double half twice difference compare"
    ),
)

GERMAN = Calculation(
    count=("wie ?viele",),
    number_of=("(?:die )?(?:gesamt)?anzahl(?: der| von| aller)?", "(?:die )?zahl (?:der|aller)"),
    listing=(
        "(?:bitte )?(?:liste|zeige?|nenne?)(?: mir| uns)?(?: alle)?(?: die| meine| unsere)?",
        "welche",
    ),
    existence=("gibt es(?: eine?| einen)?", "habe(?:n)? (?:ich|wir)"),
    total=(
        "(?:die )?(?:gesamt)?summe(?: der| von| aller| des)?",
        "insgesamt",
        "(?:der )?gesamtbetrag(?: der| von| aller)?",
        "zusammengerechnet",
    ),
    average=(
        "(?:im |der )?durchschnitt(?:lich(?:e|er|es|en)?)?(?: der| von)?",
        "(?:der )?mittelwert(?: der)?",
    ),
    highest=(
        "(?<=hat )die meisten",
        "(?:hoch|gros|gross|teuer|lang|schwer|alte)ste(?:n|r|s)?",
        "maximale(?:n|r|s)?",
    ),
    lowest=("(?:niedrig|klein|gunstig|billig|kurze|leichte|jung)ste(?:n|r|s)?",),
    per=("pro", "je", "nach", "fur jede(?:n|s)?"),
    mention=("erwahn(?:en|t)", "enthalten", "enthalt", "nenn(?:en|t)"),
    over=("uber", "mehr als", "grosser als", "hoher als"),
    under=("unter", "weniger als", "kleiner als"),
    at_least=("mindestens", "wenigstens", "nicht weniger als"),
    at_most=("hochstens", "maximal", "nicht mehr als", "bis zu"),
    after=("seit", "ab"),
    later=("nach",),
    before=("vor",),
    documents={
        **dict.fromkeys(("dokumente", "dateien", "dokumenten", "dokument", "datei"), ()),
        **dict.fromkeys(("mails", "emails"), ("mail",)),
        **dict.fromkeys(("tabellenkalkulationen",), ("xlsx", "ods")),
        **dict.fromkeys(("notizen",), ("md", "txt", "org")),
        **dict.fromkeys(("prasentationen",), ("pptx", "odp")),
    },
    containers=words("tabelle liste blatt spalte spalten zeile zeilen"),
    quantities=words("menge anzahl stuck stuckzahl bestand"),
    unit_prices=words("einzelpreis stuckpreis stundensatz satz je pro"),
    when=words("wann"),
    steps=words("schritte"),
    rows=words("punkte zeile zeilen eintrag eintrage datensatz datensatze posten position positionen"),
    tasks=words("aufgabe aufgaben"),
    open_tasks=words("offen offene offenen unerledigt unerledigte unerledigten"),
    done_tasks=words("erledigt erledigte erledigten abgeschlossen abgeschlossene"),
    paid=words("bezahlt bezahlte bezahlten beglichen beglichene"),
    unpaid=words("unbezahlt unbezahlte unbezahlten offen offene offenen ausstehend ausstehende"),
    late=words("uberfallig uberfallige uberfalligen fallig angemahnt gemahnt"),
    not_paid=("(?:noch )?nicht (?:be|ge)zahlt",),
    owing=("schulde[nt]?(?: uns| mir| wir)?(?: noch)?(?: geld)?",),
    spent=words("ausgegeben"),
    affirmed=words("ja wahr"),
    denied=words("nein falsch"),
    total_labels=phrases("summe|gesamt|gesamtsumme|zwischensumme|insgesamt|gesamtbetrag"),
    before_tax=words("netto nettobetrag nettosumme"),
    amount_fields=(
        "rechnungsbetrag",
        "gesamtbetrag",
        "endbetrag",
        "gesamtsumme",
        "zu zahlen",
        "betrag",
        "brutto",
    ),
    units_of_time={"monat": "month", "monate": "month", "monaten": "month", "jahr": "year", "jahren": "year"},
    rates=(
        ("(?:pro|je|im|jeden) monat", "month"),
        ("monatlich(?:e[nrs]?)?", "month"),
        ("(?:pro|je|im|jedes) jahr", "year"),
        ("jahrlich(?:e[nrs]?)?", "year"),
    ),
    by=("nach", "pro"),
    other_openers=(
        "(?:warum|wieso|weshalb)",
        "wie (?!viel|hoch|teuer|gross|lang|alt)",
        "(?:ist|sind|hat|haben|kann|muss|darf|wird|vergleiche|erklare)",
    ),
    money=words("kostet kosten bezahlt zahlen preis"),
    prices=words("kosten preis gebuhr beitrag miete netto brutto"),
    kind_fields=words("typ art kategorie"),
    party_fields=words("lieferant absender firma kunde aussteller handler von an"),
    date_fields=("rechnungsdatum", "datum"),
    names_in_numbers=words("nummer jahr telefon plz seite kennung monat tag"),
    dimensions={
        **dict.fromkeys(
            ("langste", "langsten", "langster", "kurzeste", "kurzesten"),
            words("lange strecke entfernung dauer km stunden minuten tage"),
        ),
        **dict.fromkeys(("schwerste", "schwersten", "leichteste", "leichtesten"), words("gewicht g kg")),
        **dict.fromkeys(("alteste", "altesten", "jungste", "jungsten"), words("alter")),
        **dict.fromkeys(
            ("teuerste", "teuersten", "teuerster", "teuerstes", "billigste", "billigsten", "gunstigste"),
            words("preis preise kosten gebuhr miete"),
        ),
    },
    readings=words("anfang ende beginn von bis stand zahlerstand saldo restschuld"),
    fillers=words(
        "bitte gibt hoch teuer alt liegen vorhanden bibliothek viel wert werte spalte tabelle zeile steht "
        "stehen betragt kostet kosten eingetragen alle allen aller verschiedene betrag habe haben hat "
        "wohnen wohnt arbeiten arbeitet laut gemass nach zahlt zahlen fahren fahrt fuhr gefahren gehen "
        "gelaufen laufen geflogen kommen kommt stammen stammt"
    ),
    conditions=words(
        "nicht kein keine keinen ohne ausser oder zwischen vor seit bis uber unter mehr weniger als nur "
        "andere letzte letzten nachste dieses diesen erste zweite noch schon"
    ),
)

FRENCH = Calculation(
    count=("combien (?:y a[- ]t[- ]il )?(?:de|d)",),
    number_of=("(?:le )?nombre (?:de|d|des|total de|total des)",),
    listing=(
        "(?:liste[rz]?|montre[rz]?|enumere[rz]?|donne[rz]?)(?:[- ]moi)?(?: tou(?:s|tes))?(?: les| mes| nos)?",
        "quel(?:le)?s(?: sont)?(?: les| mes| nos)?",
    ),
    existence=("y a[- ]t[- ]il(?: des| un| une)?", "est[- ]ce qu il y a(?: des| un| une)?"),
    total=(
        "(?:la )?somme (?:de|des|du|d)",
        "au total",
        "(?:le )?(?:montant )?total (?:de|des|du|d)",
        "en tout",
    ),
    average=("(?:la |en )?moyenne(?: de| des| du)?", "(?:le )?montant moyen"),
    highest=(
        "(?:la |le |les )?plus (?:eleve|grand|gros|cher|haut|long|longu|lourd|age)(?:se|e|s|es)?",
        "(?:le )?maximum",
        "(?<=a )le plus de",
    ),
    lowest=(
        "(?:la |le |les )?plus (?:bas|petit|court|leger|jeune)(?:se|e|s|es)?",
        "(?:la |le )?moins cher(?:e|s)?",
    ),
    per=("par", "pour chaque"),
    mention=("mentionn(?:e|ent|ant)", "contien(?:t|nent)", "cit(?:e|ent)"),
    over=("plus de", "superieure?s? a", "au[- ]dessus de"),
    under=("moins de", "inferieure?s? a", "au[- ]dessous de"),
    at_least=("au moins", "au minimum"),
    at_most=("au plus", "au maximum"),
    after=("depuis", "a partir de"),
    later=("apres",),
    before=("avant",),
    documents={
        **dict.fromkeys(("fichiers", "fichier"), ()),
        **dict.fromkeys(("courriels",), ("mail",)),
        **dict.fromkeys(("classeurs",), ("xlsx", "ods")),
    },
    containers=words("tableau liste feuille colonne ligne lignes"),
    quantities=words("quantite nombre stock"),
    unit_prices=words("unitaire horaire taux"),
    when=words("quand"),
    steps=words("etapes"),
    rows=words("points ligne lignes enregistrement enregistrements entree entrees"),
    tasks=words("tache taches"),
    open_tasks=words("ouverte ouvertes restante restantes inachevees"),
    done_tasks=words("terminee terminees faite faites achevees"),
    paid=words("paye payes payee payees regle regles reglee reglees"),
    unpaid=words("impaye impayes impayee impayees"),
    late=words("echu echue echus echues du due dus dues"),
    not_paid=("(?:n (?:a|ont) )?(?:pas|non) (?:encore )?(?:ete )?(?:paye|regle)e?s?",),
    owing=(
        "(?:devons nous|dois je|doit (?:on|il|elle)|doivent ils)(?: encore)?",
        "(?:(?:nous )?devons|doit|doivent) encore",
        "reste(?:nt)? a payer",
    ),
    spent=words("depense depenses"),
    affirmed=words("oui vrai"),
    denied=words("non faux"),
    total_labels=phrases("total|sous-total|somme|total general|totaux"),
    before_tax=words("net ht"),
    amount_fields=("net a payer", "total ttc", "montant total", "montant du", "montant"),
    units_of_time={"mois": "month", "an": "year", "annee": "year"},
    rates=(
        ("(?:par|chaque) mois", "month"),
        ("mensuel(?:le|s|les)?", "month"),
        ("(?:par|chaque) (?:an|annee)", "year"),
        ("annuel(?:le|s|les)?", "year"),
    ),
    by=("par",),
    other_openers=(
        "(?:pourquoi|comment)",
        "(?:est|sont|peut|doit|a t il|compare[rz]?|explique[rz]?)",
    ),
    money=words("coute payer prix"),
    prices=words("cout prix loyer frais"),
    kind_fields=words("genre categorie"),
    party_fields=words("fournisseur expediteur societe client emetteur de"),
    date_fields=("date de facture", "date de la facture"),
    names_in_numbers=words("numero annee telephone"),
    dimensions={
        **dict.fromkeys(
            ("longue", "long", "courte", "court"), words("longueur distance duree km heures jours")
        ),
        **dict.fromkeys(("lourd", "lourde", "leger", "legere"), words("poids g kg")),
        **dict.fromkeys(("age", "agee", "jeune"), words("age")),
        **dict.fromkeys(("cher", "chere", "chers", "cheres"), words("prix cout couts tarif loyer")),
    },
    readings=words("debut fin depart arrivee compteur releve solde"),
    fillers=words(
        "sont est existe existent bibliotheque valeur valeurs montant montants colonne tableau ligne "
        "toutes tous ai avons avez recu recues coute j l qu t y il differents combien avons nous vous "
        "selon paie payer parcouru parcourus parcourir roule rouler conduit conduire marche"
    ),
    conditions=words(
        "pas sans sauf ou entre avant apres depuis plus moins seulement autre autres dernier derniere "
        "derniers dernieres prochain premier premiere aucun aucune encore"
    ),
)

SPANISH = Calculation(
    count=("cuant[oa]s",),
    number_of=(r"(?:el )?(?:numero|cantidad) (?:de|total de)(?=(?: \w+){0,2} \w+s\b)",),
    listing=(
        "(?:lista(?:r|me)?|muestra(?:me)?|enumera|dame|nombra)(?: tod[oa]s)?(?: los| las| mis)?",
        "(?:cuales son|que)(?: los| las| mis)?",
    ),
    existence=("hay(?: algun| alguna| un| una)?", "tengo(?: algun| alguna)?"),
    total=("(?:la )?suma (?:de|del)", "en total", "(?:el )?(?:importe )?total (?:de|del)"),
    average=("(?:el )?promedio(?: de| del)?", "en promedio", "(?:el )?importe medio"),
    highest=(
        "(?:el |la )?(?:mas (?:alt[oa]|car[oa]|grande|larg[oa]|pesad[oa]|viej[oa])|mayor)",
        "(?:el )?maximo",
    ),
    lowest=(
        "(?:el |la )?(?:mas (?:baj[oa]|barat[oa]|pequen[oa]|cort[oa]|liger[oa]|joven)|menor)",
        "(?:el )?minimo",
    ),
    per=("por", "para cada", "de cada"),
    mention=("mencionan?", "contienen?", "citan?"),
    over=("mas de", "superior(?:es)? a", "mayor(?:es)? que"),
    under=("menos de", "inferior(?:es)? a", "menor(?:es)? que"),
    at_least=("al menos", "por lo menos"),
    at_most=("como maximo", "a lo sumo"),
    after=("desde", "a partir de"),
    later=("despues de",),
    before=("antes de",),
    documents={
        **dict.fromkeys(("documentos", "archivos", "ficheros", "documento", "archivo"), ()),
        **dict.fromkeys(("correos",), ("mail",)),
        **dict.fromkeys(("notas",), ("md", "txt", "org")),
    },
    containers=words("tabla lista hoja columna fila filas"),
    quantities=words("cantidad unidades existencias"),
    unit_prices=words("unitario tarifa"),
    when=words("cuando"),
    steps=words("pasos"),
    rows=words("puntos fila filas registro registros entrada entradas"),
    tasks=words("tarea tareas"),
    open_tasks=words("abierta abiertas pendiente pendientes"),
    done_tasks=words("hecha hechas completada completadas terminada terminadas"),
    paid=words("pagado pagados pagada pagadas"),
    unpaid=words("impagado impagados impagada impagadas pendiente pendientes"),
    late=words("vencido vencida vencidos vencidas adeudado adeudada"),
    not_paid=("no pagad[oa]s?", "sin pagar"),
    owing=("(?:debemos|debo|deben?)(?: todavia| aun)?",),
    spent=words("gastado"),
    affirmed=words("si verdadero"),
    denied=words("falso"),
    total_labels=phrases("total|subtotal|suma|total general|totales"),
    before_tax=words("neto imponible"),
    amount_fields=("importe total", "total a pagar", "importe"),
    units_of_time={"mes": "month", "ano": "year"},
    rates=(
        ("(?:por|al|cada) mes", "month"),
        ("mensual(?:es)?", "month"),
        ("(?:por|al|cada) ano", "year"),
        ("anual(?:es)?", "year"),
    ),
    by=("por",),
    other_openers=(
        "(?:por que|como)",
        "(?:es|son|esta|puede|debe|hay que|compara|explica)",
    ),
    money=words("cuesta pagar precio"),
    prices=words("coste costo precio alquiler cuota"),
    kind_fields=words("tipo categoria"),
    party_fields=words("proveedor cliente emisor remitente empresa"),
    date_fields=("fecha de factura", "fecha"),
    names_in_numbers=words("ano telefono codigo"),
    dimensions={
        **dict.fromkeys(
            ("larga", "largo", "corta", "corto"), words("longitud distancia duracion km horas dias")
        ),
        **dict.fromkeys(("pesado", "pesada", "ligero", "ligera"), words("peso g kg")),
        **dict.fromkeys(("joven", "viejo", "vieja"), words("edad")),
        **dict.fromkeys(("caro", "cara", "barato", "barata"), words("precio precios coste costo renta")),
    },
    readings=words("inicio final salida llegada contador lectura saldo"),
    fillers=words(
        "hay existen biblioteca valor valores importe importes columna tabla todos todas tengo tenemos "
        "cuesta cuanto cuanta distintos esta estan estas tiene tienen segun paga pagar recorrio recorrido "
        "recorrer condujo conducido conducir anduvo"
    ),
    conditions=words(
        "no sin salvo excepto o entre antes despues desde hasta mas menos solo otro otra otros otras ultimo "
        "ultima ultimos ultimas proximo primero primera ningun ninguna aun todavia"
    ),
)
