"""The words of questions about a table that is already found, in all languages merged and folded.

There a word need not be found in the table if it is a verb that any question may contain, and a question word
says which column is meant: *who* a name, *when* a date.
"""

from collections.abc import Mapping

from ingest.language.definition import words

SHORTEST_WEEKDAYS = "tu|we|th|su|lu|ma|me|je|ve|vi"
"""Days of the week in two letters, as a regular expression, beside those of `meetings.SHORT_WEEKDAYS`."""

CALENDAR_DAY, CALENDAR_ENTRY = "Day", "Entry"
"""The names of the columns of a rota that is turned into a row for each entry."""

THINGS = words("thing things one ones item items ding dinge sache sachen chose choses cosa cosas")
"""Words for the items of a list, whatever they are."""

ASIDES = words(
    "going coming carry carries carried against "
    "be been being am do does did done doing have has had having get gets got getting give gives gave "
    "given "
    "take takes took taken make makes made come comes came go goes went gone put set let keep kept "
    "hold held "
    "show shows showed shown say says said tell state stated read reads need needs needed want use "
    "used uses "
    "find found look looks looked see seen know happen happens happened belong belongs run runs ran stand "
    "stands work works worked pay pays paid cost costs spend spends spent charge charges charged owe owes "
    "owed earn earns earned buy buys bought purchase purchased sell sells sold receive receives "
    "received send "
    "sent leave leaves left arrive arrives arrived start starts begin begins end ends last lasts stay "
    "stays "
    "live lives lived play plays played win wins won lose lost score scored eat drink drive drives visit "
    "visits visited attend attends attended teach teaches taught treat treats treated lead leads led offer "
    "offers offered open opens close closes fall falls fell fallen rise rises rose grow grew measure "
    "measured record "
    "recorded listed written entered noted book booked order ordered deliver delivered expect "
    "expected allow "
    "allowed due must may can could should would will shall might back up down out off away again "
    "also just "
    "only there here much many any some all every each own our my your his her its their we they she he it "
    "altogether total overall whole exactly actually currently now today please according per worth amount "
    "number value figure long far big large small high low old often time times thing things one ones kind "
    "money person people someone anyone somebody anybody still ever yet already far "
    "us me them him really eventually finally produce produces produced bring brings brought cover covers "
    "covered include includes included size monthly weekly daily yearly annual "
    # German
    "sein bin ist sind war waren gewesen werden wird wurde wurden geworden haben habe hat hatte "
    "hatten gehabt "
    "bekommen bekam bekommt erhalten erhielt erhalt geben gab gibt gegeben nehmen nahm genommen "
    "machen macht "
    "gemacht kommen kam kommt gekommen gehen ging geht gegangen stehen steht stand liegen liegt lag zeigen "
    "zeigt zeigte brauchen braucht zahlen zahlt zahlte gezahlt bezahlt kosten kostet kostete gekostet "
    "ausgeben ausgegeben verdienen verdient arbeiten arbeitet gearbeitet kaufen kaufte gekauft verkaufen "
    "verkauft betragen betragt betrug gelten gilt dauern dauert viel viele vielen wieviel wie oft mal hoch "
    "lange gross teuer alt insgesamt gesamt alle aller laut gemass ab an auf aus ein mehr fur bei pro je "
    "aufs ins im vom zum zur beim ans unser unsere mein meine ich wir sie er es man ihr ihre uns mir "
    "wissen weiss damals eigentlich noch monatlich jahrlich laut bringt bringen brachte "
    # French
    "etre est sont etait etaient ete avoir ai as a avons avez ont avait eu "
    "faire fait font donner donne mettre mis "
    "prendre pris aller va payer paye paie couter coute acheter achete vendre vendu toucher touche "
    "recevoir "
    "recu verser verse valoir vaut gagner gagne combien beaucoup tout tous toute toutes tel elle il "
    "on nous ils elles devoir doit devra faisait encore mensuel mensuelle annuel annuelle "
    "je mon ma mes notre nos son sa ses leur leurs "
    # Spanish
    "ser es son era fue estar esta estan haber ha han tener tiene tuvo dar dio da hacer hace hizo "
    "poner pagar "
    "paga pago costar cuesta costo comprar compro vender recibir recibio gastar gasto cuanto cuanta "
    "cuantos "
    "cuantas todo todos toda todas mi mis nuestro nuestra su sus"
)
"""Verbs and other words that may stay over: they are in questions about any table."""

MEASURED = words("value amount number figure worth wert betrag valeur montant valor importe")
"""Those of them that can name what is asked for."""

MONEY_VERBS = words(
    "pay pays paid cost costs spend spends spent charge charges charged owe owes owed bill buy bought "
    "purchase purchased price prices expensive cheap dear dearer cheaper money euros dollars pounds francs "
    "zahlen zahlt gezahlt bezahlt kosten kostet gekostet ausgegeben preis teuer gespendet "
    "payer paye paie couter coute prix depense cher pagar pago cuesta costo precio gastado"
)
"""Words of a question that asks for an amount of money."""

USED = words("use used using consume consumed consumption verbraucht verbrauchten consomme consomme gastado")
"""Words of a question for how much a counter grew."""

WHO = words("who whom whose wer wem wen wessen qui quien quienes")
"""Words that ask for a person or a company."""

PARTIES = words(
    "company firm shop business person organisation organization firma firmen geschaft entreprise "
    "societe empresa"
)
"""Nouns that ask for a person or a company, after *which*."""

WHEN = words("when wann quand cuando day days date tag datum jour fecha dia")
"""Words that ask for a date."""

WHERE = words("where wo ou donde")
"""Words that ask for a place."""

PEOPLE = words(
    "surname forename firstname lastname vorname nachname familienname prenom apellido "
    "name who person tenant patient member player owner responsible by doctor therapist teacher nurse "
    "driver "
    "client customer author borrower seller buyer contact employee staff trainer coach guest host student "
    "pupil candidate donor insurer agent keeper leader manager speaker contractor supplier vendor provider "
    "dealer recipient heir beneficiary "
    "handler lieferant fournisseur "
    "wer name mieter patient mitglied spieler inhaber verantwortlich von arzt lehrer kunde fahrer "
    "qui nom locataire membre joueur responsable medecin client par nombre quien inquilino paciente medico"
)
"""Words in the names of columns of people."""

NAMES = words(
    "name surname forename firstname lastname vorname nachname familienname nom prenom nombre apellido"
)
"""Words in the names of columns of names; two columns may have a first name and a last name."""

PLACES = words(
    "place where room town city shelf location address site building floor station ort raum stadt "
    "zimmer lieu "
    "salle ville lugar sala ciudad"
)
"""Words in the names of columns of places."""

COLLECTIONS = words(
    "list register inventory overview directory roster rota catalogue catalog log ledger schedule table "
    "sheet "
    "liste register inventar ubersicht verzeichnis katalog tabelle registre inventaire tableau "
    "lista registro inventario tabla"
)
"""Words after a noun that make a name for several things: a boat list."""

LATEST = words(
    "latest newest last recently recent letzte letzten letzter zuletzt neueste neuesten neuester dernier "
    "derniere ultimo ultima"
)
"""Superlatives of the latest date."""

EARLIEST = words(
    "earliest first erste ersten erster fruheste fruhesten zuerst premier premiere primero primera"
)
"""Superlatives of the earliest date."""

ELDEST = words("oldest eldest alteste altesten altester longest langsten")
"""Superlatives that mean the earliest date in a column of births or beginnings, and otherwise a number."""

YOUNGEST = words("youngest jungste jungsten jungster")
"""Superlatives that mean the latest date in a column of births."""

ASKED_DUE = words("due overdue fallig")
DUE = words(
    "due deadline until by expires expiry payable term frist bis ablauf fallig falligkeit zahlbar echeance "
    "vencimiento vence"
)
"""Words that ask for the day on which something is due, and words in the names of columns of such days."""

PRICE = words("price prices preis preise prix precio precios")
"""Words in the names of columns of prices: the highest price is that of a row and not a sum."""

ACTUALS = words("actual actuals ist effektiv reel realise")
"""Words in the names of columns of what was really spent or received, beside what was planned."""

AVERAGES = words("ø avg average mean schnitt durchschnitt mittel mittelwert moyenne media promedio")
"""Words in the labels of rows, and in the names of columns, of means."""

MEANS = AVERAGES | words("rating percent percentage % rate")
"""Words in the names of columns of numbers that are not added up."""

TIME_UNITS = words(
    "yr year pa annual month mth mo week wk day jahr monat woche tag an mois semaine jour ano mes"
)
"""Words in the names of columns of what something costs for a time: `£/yr`."""

MOST = words("most meisten plus")
"""Words that ask for what there is most of."""

FEWEST = words("fewest least wenigsten")
"""Words that ask for what there is least of."""

SUMS = words(
    "sales expenses expenditure expenditures costs spending revenue revenues income earnings turnover "
    "payments ausgaben einnahmen kosten umsatze umsatz zahlungen depenses recettes ventes couts paiements "
    "gastos ventas ingresos pagos"
)
"""Nouns for which *the most* may mean the highest sum, and not the most rows."""

IN_STOCK = ("in stock", "auf lager", "vorratig", "en stock", "en existencias")
OUT_OF_STOCK = ("out of stock", "sold out", "ausverkauft", "en rupture de stock", "agotad[oa]s?")
"""Patterns that ask for the things that are in stock, and for those that are not."""

CONJUNCTIONS = words("and und sowie et y")
"""Words between two rows that are asked for."""

LONGEST_STANDING = ("longest (?:standing|serving)", "langjahrigste[nr]?", "dienstalteste[nr]?")
"""Patterns that ask for the earliest date of joining or starting."""

NEWEST = words("newest neueste neuesten neuester")
"""Those of `LATEST` that mean the latest date in a column of beginnings."""

PER = words("per pro par por")
"""Words before the unit of a mean: *average cost per month*."""

FASTEST = words("fastest quickest schnellste schnellsten schnellster")
SLOWEST = words("slowest langsamste langsamsten langsamster")
"""Superlatives of the shortest and the longest time."""

TIMES = words("time times s sec secs second seconds min mins minute minutes h hour hours zeit zeiten temps")
"""Words in the names of columns of times that something took."""

ORDINALS: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "second",
            "2nd",
            "zweite",
            "zweiten",
            "zweiter",
            "zweitgrosste",
            "zweithochste",
            "deuxieme",
            "segundo",
            "segunda",
        ),
        2,
    ),
    **dict.fromkeys(("third", "3rd", "dritte", "dritten", "drittgrosste", "troisieme", "tercero"), 3),
    **dict.fromkeys(("fourth", "4th", "vierte", "vierten", "quatrieme", "cuarto"), 4),
}
"""Places below the first, before a superlative."""

DEBTS = words("arrears owing owed behind outstanding debt remaining left balance ruckstand saldo reste solde")
"""Words in the names of columns of what is still to be paid."""

SAME_COLUMN = tuple(
    words(group)
    for group in (
        "price prices cost costs fee fees charge rate amount amt paid pay spend spent premium premiums "
        "fare rent "
        "expensive cheap value preis preise kosten gebuhr betrag prix cout montant tarif precio "
        "importe coste",
        "balance left remaining saldo kontostand solde restant",
        "worth value book wert valeur valor",
        "income earned earnings salary wage pay received in paid einkommen gehalt lohn revenu salaire",
        "responsible looked after owner care charge manages managed verantwortlich zustandig",
        "born birth birthday age old geboren geburt geburtsdatum naissance nacimiento",
        "date day when on tag datum jour fecha",
        "weight weigh weighs heavy kg gewicht poids peso",
        "duration length long minutes hours min time dauer lange duree",
        "distance far km miles entfernung strecke",
        "quantity number count pieces stock qty amount units anzahl menge stuck quantite nombre cantidad",
        "telephone phone mobile call telefon handy telephone telefono",
        "address street lives lived adresse strasse",
        "warranty guarantee garantie",
        "start starts begin begins began started from since joined beginn seit debut",
        "average avg mean ø schnitt durchschnitt moyenne media promedio",
        "deadline due until to by expires expiry ends end bbe mhd frist bis ablauf fallig",
        "bought purchased purchase acquired acquisition gekauft kauf achat achete",
        "mark grade score points result note punkte resultat",
        "memory ram",
        "entry shift shifts duty schicht dienst poste turno",
        "room place location where raum ort",
        "teacher taught tutor lecturer lehrer",
        "excess deductible ourselves",
        "arrears owing owed behind outstanding debt ruckstand",
        "net netto nett auszahlung payout",
        "tax taxes paye steuer lohnsteuer impot",
        "gross brutto",
        "upper systolic sys",
        "lower diastolic dia",
        "holiday holidays vacation leave urlaub",
        "jab shot vaccination vaccine dose given impfung",
        "food groceries shopping lebensmittel",
        "departs departure leaves leave abfahrt",
        "arrives arrival arrive ankunft",
    )
)
"""Groups of words of which one in a question may mean a column that is called by another."""

DISTANCES = words("km miles mileage odometer kilometres kilometers kilometer kilometerstand stand")
"""Words in the names of columns that may have the readings of an odometer."""

SO_FAR = words("still yet already noch schon encore deja todavia ya")
"""Words such as *still* and *already*."""

LOW_IS_GOOD = words(
    "place rank position pos grade grades time times s sec min errors defects faults absent days rang platz "
    "note noten zeit fehler temps puesto nota"
)
"""Words in the names of columns in which the best is the lowest."""

SAME_CELL = tuple(
    words(group)
    for group in (
        "done finished completed complete closed erledigt fertig abgeschlossen fini terminado hecho",
        "open outstanding pending offen",
        "empty vacant unlet unoccupied void leer frei vide libre",
    )
)
"""Groups of words of which one in a question may mean a cell with another, such as the state of a task."""

LEAST_STOCK = words("min minimum reorder mindestbestand mindest meldebestand seuil minimo")
"""Words in the names of columns of how much there should be at least."""

BIRTHS = words("born birth birthday geboren geburt geburtsdatum naissance ne nee nacimiento")
"""Words in the names of columns of births."""

BEGINNINGS = words(
    "since joined from start started begin began entry seit beginn eintritt depuis debut desde"
)
"""Words in the names of columns of the days on which something began."""

YES_NO_GERMAN = words(
    "ist sind war waren hat habe haben hatte kostet wurde wurden wird werden kann konnen muss mussen darf "
    "durfen soll sollen"
)
YES_NO = (
    (words("is are was were do does did has have had will can could may must should would"), ("Yes", "No")),
    (YES_NO_GERMAN, ("Ja", "Nein")),
    (words("est sont a ont etait peut doit"), ("Oui", "Non")),
    (words("es son fue ha han"), ("Sí", "No")),
)
"""Words that open a question of yes or no, and how it is answered."""

OPENERS = words("which what welche welcher welches welchem welchen was quel quelle quels quelles que cual")
"""Words before what is asked for."""

OPENING_LISTS = words("which list all welche quels quelles cuales")
"""Words at the beginning of a question that may be answered by several rows."""

FIRST = words("first erste ersten erster premier premiere primero primera")
"""Those of `EARLIEST` that may also be a number: the first jab."""

OF_AGE = words("oldest eldest alteste altesten altester")
"""Those of `ELDEST` that are about age."""

REFUSED = words(
    "not no nothing none nobody never without except excluding either neither lacks lacking "
    "nichts niemand rien nada kein keine keinen nicht ohne ausser sans sauf pas sin "
    "before between during zwischen avant entre "
    "difference than als que compare why warum wieso weshalb pourquoi porque"
)
"""Words of questions that are not understood: what is missing, reasons, comparisons of two rows."""

EVENTS = words(
    "session sessions appointment appointments visit visits meeting meetings booking bookings lesson lessons "
    "consultation consultations treatment treatments sitzung sitzungen termin termine besuch besuche "
    "behandlung behandlungen seance seances consultations visite visites reunion reunions sesion sesiones "
    "cita citas visita visitas"
)
"""What the dated rows of a table may be called, whatever the table calls them."""

SIGNS: Mapping[str, tuple[str, ...]] = {"*": ("asterisk", "star", "sternchen"), "†": ("dagger",)}
"""What signs beside a cell are called in a sentence that explains them."""
