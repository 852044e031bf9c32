"""Words that decide whether one sentence says the same as another: denials, duties, quantities of all, forms.

The lists of all languages are merged, as those of `ingest.language`. Words are in lower case, accents kept.
"""

from ingest.language.definition import phrases, words

STEMMERS = {"English": "english", "German": "german", "French": "french", "Spanish": "spanish"}
"""Snowball stemmers by the name of the language. A sentence goes through those of its own language."""

BACKWARD_DENIALS = words("nicht nie niemals")
"""Denials that stand after the verb that they negate."""

NOUN_DENIALS = words(
    "no neither without kein keine keinen keinem keiner keines ohne sans aucun aucune sin ningún ninguna"
)
"""Denials that stand before a noun and negate what is said of it: "no dogs may be kept"."""

CONCORDANT_DENIALS = words(
    "pas jamais aucun aucune rien personne point nunca ningún ninguna nada nadie jamás"
)
"""Denials that add nothing to a denial before them in the clause: "no hay ninguna", "ne ... pas"."""

FURTHER_DENIALS = words("ne n'")
"""Denials that need another one after them, and mark where its scope begins."""

CLAUSE_OPENERS = words(
    "but because if unless until when which that who whose while although though whereas so since where "
    "and without except aber weil wenn dass falls sofern solange während obwohl sondern und ohne außer bis "
    "mais parce si quand qui que dont lorsque sauf et sans pero porque cuando aunque sino salvo y sin"
)
"""Words that begin a clause, where the scope of a denial ends."""

ALTERNATIVES = words("or nor oder noch ou ni o")
"""Words that join alternatives, over which the scope of a denial goes on: "not copy, disclose or use"."""

DUTIES = words(
    "must shall required obliged obligated mandatory obligatory muss müssen verpflichtet soll sollen "
    "doit doivent obligatoire debe deben obligatorio"
)
"""Words that say that something has to be."""

PERMISSIONS = words(
    "may might can could optional optionally darf dürfen kann können könnte freiwillig peut peuvent pourrait "
    "facultatif puede pueden podría opcional"
)
"""Words that say that something is possible or allowed."""

RECEIVERS = {
    "English": words("to"),
    "French": words("à au aux"),
    "Spanish": words("a al"),
}
"""Prepositions before the one who receives something, by the name of the language."""

TOTALITIES = (
    words(
        "all every each always everyone everything any alle aller alles jeder jede jedes immer tous toutes "
        "chaque toujours todos todas cada siempre"
    ),
    words(
        "only solely exclusively merely nur ausschließlich lediglich seulement uniquement solo sólo "
        "solamente únicamente"
    ),
    words("most mostly majority usually meist meisten meistens mehrheit plupart majorité mayoría"),
    words("both beide beiden deux ambos ambas"),
)
"""Words that say of how much a sentence holds, each with its equivalents."""

BEFORE_DATES = phrases(
    "before|until|till|by|prior to|no later than|not later than|up to|vor|bis|bis zum|spätestens|avant|"
    "jusqu'au|jusqu'en|antes de|hasta|antes del"
)
"""Words before a date after which something no longer holds."""

AFTER_DATES = phrases(
    "after|since|from|starting|as of|beginning|nach|seit|ab|ab dem|vom|après|depuis|dès|à partir du|"
    "después de|desde|a partir del|a partir de"
)
"""Words before a date from which on something holds."""

ENDINGS = words(
    "end ends ended ending expire expires expired expiry expiration due deadline close closes closed closing "
    "terminate terminates terminated last latest through endet enden endete ende ablauf abläuft läuft frist "
    "fällig fälligkeit fin finit expire échéance échoit limite termine terminar finaliza vence "
    "vencimiento caduca plazo"
)
"""Words that make of a date one until which something holds."""

RANGES = words("to through bis au al hasta")
"""Words, besides a dash, before the second date of two between which something holds."""

CONDITIONS = phrases(
    "if|unless|provided that|except|only when|as long as|subject to|in case of|in the event"
    "|sofern|wenn|es sei denn|außer|vorausgesetzt|solange|"
    "si|sauf|à moins que|à condition|sous réserve|salvo|a menos que|siempre que|excepto|en caso de"
)
"""Words that begin a condition or an exception."""

ARTICLES = words(
    "the a an its his her their this that these der die das ein eine sein seine ihr ihre dieser diese dieses "
    "le la les un une son sa ses ce cet cette el los las una su sus este esta"
)
"""Words that begin a clause with a subject of its own."""

LINKING = words(
    "according amount amounts amounting called named known located situated set listed given stated "
    "mentioned document documents passage passages text section information says states "
    "indicates indicate shows show "
    "specified described details follows following respectively namely equal equals yes note notes "
    "refer refers referred describes mentions provided lie lies "
    "laut beträgt betragen lautet heißt genannt angegeben dokument text befindet steht gemäß nämlich ja "
    "selon montant appelé nommé situé indiqué document texte précise oui "
    "según asciende llama llamado situado indica indicado documento texto sí"
)
"""Words that only link a subject with what is said of it, or name the document. They need not stand in it."""

ASSENTS = words("yes no ja nein oui non sí si")
"""Words that answer a question by yes or no, at the beginning of a sentence."""

ENGLISH_EQUIVALENTS = """
annual annually year yearly years
month monthly months
week weekly weeks
day daily days
hour hourly hours
quarter quarterly
begin begins began begun start starts started commence commences commenced
end ends ended expire expires expired terminate terminates terminated
buy buys bought purchase purchased
sell sells sold
cost costs price priced
pay pays paid payment payable
rent rental
hold holds held keep keeps kept
write writes wrote written author authored
give gives gave
find finds found
lead leads led
leave leaves left
lose loses lost loss
make makes made
meet meets met meeting
send sends sent
speak speaks spoke spoken
teach teaches taught
tell tells told
think thinks thought
win wins won
build builds built
bring brings brought
choose chooses chose chosen choice
come comes came
do does did done
drive drives drove driven
fall falls fell fallen
fly flies flew flown flight
get gets got gotten receive received
go goes went gone
grow grows grew grown growth
know knows knew known
rise rises rose risen
run runs ran
see sees saw seen
take takes took taken
wear wears wore worn
become becomes became
lie lies lay lain
stand stands stood
mean means meant
spend spends spent
lend lends lent
die dies died dead death
bear born birth birthdate birthplace
marry marries married marriage
sign signed signature signatory
approve approved approval
decide decided decision
agree agrees agreed agreement
contract contracts agreement
invoice invoices bill bills
tenant lessee renter
landlord lessor
employer employers
employee employees
company firm
child children
man men
woman women
person people persons
foot feet
wife wives
life lives
half halves
email e-mail mail
phone telephone tel
address addresses
approximately roughly circa about
require requires required requirement need needs needed necessary
allow allows allowed permit permits permitted permission
forbid forbids forbidden forbade prohibit prohibits prohibited
help helps assist assists
use uses used usage
doctor physician
car automobile
film movie
photo photograph picture
large big
small little
percent percentage
total overall sum
responsible responsibility
deliver delivered delivery
refuse refused refusal
renew renewed renewal
compare compared comparison
move moved
own owns owner owned
manage manages managed manager management
chair chairs chaired chairman chairwoman chairperson
"""

GERMAN_EQUIVALENTS = """
jahr jahre jahren jahres jährlich jährliche jährlichen
monat monate monaten monats monatlich monatliche monatlichen
woche wochen wöchentlich
tag tage tagen täglich
beginnt begann begonnen beginn anfang
endet endete ende geendet
kostet kosten kostete preis
zahlt zahlen gezahlt bezahlt bezahlen zahlung zahlte zahlbar
miete mietzins
geben gibt gab gegeben
nehmen nimmt nahm genommen
halten hält hielt gehalten
fahren fährt fuhr gefahren
finden fand gefunden findet
schreiben schreibt schrieb geschrieben
sprechen spricht sprach gesprochen
kündigen kündigt gekündigt kündigung
unterschreiben unterschrieben unterschrieb unterschrift unterzeichnet unterzeichnen
kaufen kauft kaufte gekauft kauf
verkaufen verkauft verkaufte verkauf
liefern liefert geliefert lieferung
beschließen beschlossen beschloss beschluss
gründen gegründet gründung
geboren geburt
starb gestorben tod
mieter mieterin
vermieter vermieterin
telefon telefonnummer
"""

FRENCH_EQUIVALENTS = """
an ans année années annuel annuelle annuellement
mois mensuel mensuelle mensuellement
semaine semaines hebdomadaire
jour jours quotidien quotidienne
commence commencé début débute
termine terminé fin finit expire
coûte coûté coût prix
paie paye payé paiement payer payable
signe signé signature
écrit écrite écrire
né née naissance naître
mort morte décès décédé
"""

SPANISH_EQUIVALENTS = """
año años anual anualmente
mes meses mensual mensualmente
semana semanas semanal
día días diario diariamente
comienza comenzó empieza empezó inicio inicia
termina terminó fin vence finaliza
cuesta costó coste costo precio
paga pagó pagado pago pagar
firma firmó firmado
escribió escrito escribe escribir
nació nacido nacimiento
murió muerto muerte falleció
"""

EQUIVALENTS = {
    "English": ENGLISH_EQUIVALENTS,
    "German": GERMAN_EQUIVALENTS,
    "French": FRENCH_EQUIVALENTS,
    "Spanish": SPANISH_EQUIVALENTS,
}
"""Words that can stand for each other, one group a line, by the name of the language. They are forms that no
stemmer joins, and synonyms that are safe wherever they stand."""
