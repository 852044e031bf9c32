"""Words by which minutes and transcripts are recognised, and what was decided, undertaken or put off in them.

The lists of all languages are merged, as those of `ingest.language`. Entries are regular expressions for the
beginning of a word or for a phrase, and are matched without regard to case.
"""

from ingest.language.definition import words

MINUTES = (
    # A title or first line of minutes.
    r"minutes|meeting(?: notes)?|protocol of|agm|action points",
    r"protokoll|niederschrift|ergebnisprotokoll|sitzung|besprechung|versammlung",
    r"proc[eè]s[- ]verbal|compte[- ]rendu|réunion|assemblée",
    r"acta|minuta|reunión|asamblea|junta",
    r"verbale|riunione|notulen|vergadering|ata da",
)
"""Words in the title of minutes."""

ATTENDANCE = (
    r"(?:(?:board |committee )?members )?present|attendees|attending|in attendance|participants|"
    r"apologies|absent|"
    r"chair|minute[- ]taker|minutes|with|on the call|guests|staff",
    r"anwesend\w*|teilnehmer\w*|teilnehmende|abwesend|entschuldigt|vorsitz|protokollführ\w*|leitung",
    r"présents?|participants|absents?|excusés?|président\w*|secrétaire",
    r"asistentes|presentes|ausentes|presidente|presidenta|secretari[oa]",
    r"presenti|assenti|aanwezig|afwezig",
)
"""Labels of the lines that say who was at a meeting."""

DECISION_LABELS = (
    r"decisions?(?: made| taken)?|resolutions?|resolved|agreed|agreements?|outcomes?|vote",
    r"beschl(?:uss|üsse|uß)|entscheidung(?:en)?|ergebnis(?:se)?|abstimmung",
    r"décisions?(?: prises)?|résolutions?|votes?",
    r"decisi(?:ón|ones)|acuerdos?|resoluci(?:ón|ones)|votaci(?:ón|ones)",
    r"decisioni?|delibere?|besluit(?:en)?",
)
"""Headings and labels of decisions."""

TASK_LABELS = (
    r"actions?(?: items?| points?| list)?|tasks?|to[- ]?dos?|next steps|follow[- ]?ups?|assignments?|ai",
    r"aufgaben?|maßnahmen?|nächste schritte|offene punkte|zu erledigen|aufträge|auftrag",
    r"actions?(?: à mener)?|tâches?|à faire|prochaines étapes|suivi",
    r"tareas?|acciones|acción|próximos pasos|pendientes por hacer|por hacer|encargos?",
    r"azioni|compiti|acties?|actiepunten|taken",
)
"""Headings and labels of tasks."""

POSTPONED_LABELS = (
    r"postponed|deferred|parked|carried over|open (?:points|questions|issues|items)|on hold|pending|open",
    r"vertagt|zurückgestellt|verschoben|offen(?:e fragen)?",
    r"reportés?|ajournés?|en suspens|points? reportés?",
    r"aplazad[oa]s?|pospuest[oa]s?|pendientes?",
    r"rinviat[oi]|uitgesteld",
)
"""Headings and labels of what was postponed."""

VARIOUS_HEADINGS = (
    r"any other business|aob|others?|misc\w*|notes|discussion|general|various|minutes|agenda",
    r"verschiedenes|sonstiges|diverses|allgemeines|divers|questions diverses|varios|asuntos varios|"
    r"ruegos y preguntas|varie|rondvraag",
)
"""Headings of minutes that name no subject."""

DECISIONS = (
    r"(?:was|were|been|is|are|it is|we|meeting|board|committee|members|council|group|team|all|they|"
    r"partners|"
    r"assembly|trustees|directors|majority|union|panel|court|and|has|have|had|also) (?:\w+ )?"
    r"(?:decided|decides|resolved|resolves|agreed|agrees|approved|approves|adopted|adopts|carried|"
    r"accepted|accepts|rejected|rejects|declined|refused|ratified|endorsed|elected|re-elected|chosen|chose|"
    r"appointed|discharged|confirmed|selected|granted|passed|voted)",
    r"^(?:decided|resolved|agreed|approved|adopted|carried|accepted|rejected|declined|passed|elected)\b",
    r"no objections?|carried (?:\d|by|with)|seconded|re-elected|unanimous(?:ly)?|nem\.? con|votes? (?:to|"
    r"in favour|for|against)|\d+ (?:in favour|votes)|"
    r"in favour|(?:the )?motion (?:was )?(?:passed|carried|fails|failed)|by consensus|settled on|"
    r"vote (?:was|is) (?:held|taken)|so (?:it is|it's|that's|that is)|so we (?:drop|keep|use|take|go|"
    r"stay|choose|"
    r"leave|stop|start|switch|move|buy|order|don't|do not|won't|will)|we (?:stay|stick|go ahead) (?:on|with)|"
    r"signed off|given the go-ahead|goes ahead|go ahead with|gets the (?:order|contract|job)|"
    r"(?:the )?decision (?:is|was)|will go with|went with|opted for",
    r"beschloss\w*|beschließ\w*|beschlossen|genehmigt\w*|angenommen|abgelehnt|gewählt|wiedergewählt|"
    r"entschied\w*|entscheidet|entlastet|entlastung|einstimmig|stimmt\w* (?:zu|dafür|ab)|zugestimmt|"
    r"vereinbart\w*|verabschiedet|einigt\w* sich|geeinigt|erhält den (?:auftrag|zuschlag)|bewilligt",
    r"(?:a|ont|est|sont|été|il est|décide|fut) (?:\w+ )?(?:décidé|adopté|approuvé|voté|accepté|rejeté|"
    r"refusé|"
    r"élu|réélu|convenu|validé|retenu|désigné)\w*|à l'unanimité|voix (?:pour|contre)|décident? (?:de|que|"
    r"d')|"
    r"approuvent?|adoptent?",
    r"(?:se|fue|fueron|queda\w*|es|ha|han|la junta|el comité) (?:\w+ )?(?:decid|acord|aprob|aprueb|elig|"
    r"eleg|"
    r"acuerd|acept|rechaz|nombr|ratific)\w*|por unanimidad|votos? (?:a favor|en contra)|aprobad[oa]s?\b",
    r"(?:è stat[oa]|si) (?:\w+ )?(?:decis|approvat|deliberat|elett)\w*|all'unanimità|"
    r"(?:is|wordt|werd) (?:\w+ )?(?:besloten|goedgekeurd|aangenomen)",
)
"""Phrases of a sentence that states a decision."""

PROPOSALS = (
    r"propos\w+|suggest\w*|motion|moved that|request\w*|asked (?:for|whether|to)|recommend\w*|offers?|"
    r"options?",
    r"schlägt|vorschlag\w*|vorgeschlagen|antrag|beantragt\w*|angebot\w*|empfiehl\w*",
    r"propos\w+|demand\w+|suggèr\w+|offres?|devis",
    r"propon\w*|propuest\w*|solicit\w*|sugier\w*|oferta\w*",
)
"""Words of the sentence before a decision that says what was decided on."""

THE_PROPOSAL = (
    r"(?:the|this|that|his|her|their|\w+'s) (?:\w+ )?(?:proposal|recommendation|motion|request|suggestion) "
    r"(?:was|is)",
    r"(?:der|dieser) (?:antrag|vorschlag) (?:wird|wurde|ist)",
    r"(?:la|cette) (?:proposition|demande) (?:est|a été)",
    r"la (?:propuesta|solicitud|moción) (?:es|fue|se)",
)
"""Phrases of a decision that names a proposal without saying what it is."""

MAKES_PROPOSAL = (
    r"propos(?:es|ed)|recommend(?:s|ed)|suggest(?:s|ed)|request(?:s|ed)|moved|asked",
    r"schlägt|schlug|beantragt\w*|empfiehlt|empfahl",
    r"propose|demande|a (?:proposé|demandé)",
    r"propone|propuso|solicita|solicitó|pide|pidió",
)
"""Verbs of a sentence that makes a proposal."""

POSTPONEMENTS = (
    r"postpon\w+|deferr\w+|defer to|adjourn\w+|tabled|put off|(?:put|are|is|was|left) on hold|carried over|"
    r"no decision|not (?:been )?(?:decided|agreed|resolved)|undecided|shelved|parked|held over|left open|"
    r"(?:come|comes|came) back to|(?:will be|to be) (?:discussed|decided|taken up|revisited|reviewed) "
    r"(?:again|at|in|next|later|on)|pending|awaiting|decision (?:is|was) (?:delayed|left)",
    r"vertagt\w*|zurückgestellt|aufgeschoben|verschoben auf die nächste|keine (?:entscheidung|einigung)|"
    r"noch offen|bleibt offen|nicht entschieden|später (?:entschieden|beraten)|nächste\w* sitzung "
    r"(?:entschieden|beraten|behandelt)",
    r"report(?:é|ée|és|ées|ent)|ajourné\w*|remis(?:e)? à|en suspens|différ[ée]\w*|pas (?:de|été prise)"
    r" décision|"
    r"aucune décision|à revoir",
    r"aplaz\w+|pospon\w+|pospuest\w+|diferid\w+|queda\w* pendiente|sin decisión|no se (?:decid|acord)\w+|"
    r"se tratará en",
    r"rinviat\w+|uitgesteld|aangehouden",
)
"""Phrases of a sentence that says that something was not decided yet."""

CHANGES = (
    r"mov(?:es|ed|ing)? (?:\w+ )?(?:from|to|forward|back)|reschedul\w+|brought forward|instead of|"
    r"chang(?:e|es|ed) (?:from|to)|switch\w* (?:from|to)|(?:raised?|raises|increas\w+|reduced?|lower\w*|"
    r"cut) "
    r"(?:\w+ ){0,4}from|replac(?:es|ed)|takes? over from|stood down|steps? down|resign\w+|new (?:date|"
    r"time)|"
    r"cancel\w+|relocat\w+|"
    r"(?:is|are|was|were) now (?:on|at|in)",
    r"verlegt|statt (?:wie )?(?:bisher|am|um|wie)|anstatt|vorgezogen|verschieb\w+ sich|verschoben (?:auf|"
    r"vom|von)|geändert|(?:erhöht|gesenkt) (?:\w+ )?"
    r"(?:von|auf|um)|ersetzt|tritt zurück|zurückgetreten|abgesagt|zieht um|neuer termin",
    r"déplac\w+|avancé\w*|modifi\w+|changé|au lieu d|remplac\w+|démission\w*|annul\w+",
    r"traslad\w+|adelant\w+|cambi\w+|en lugar de|sustituy\w+|reemplaz\w+|dimi\w+|cancel\w+",
    r"spostat\w+|verplaatst",
)
"""Phrases of a sentence that says what moved or changed."""

NEXT_MEETINGS = (
    r"next (?:\w+ )?(?:meeting|session|agm)|meets? again|reconvene",
    r"nächste\w* (?:\w+ )?(?:sitzung|treffen|besprechung|versammlung|termin|jour fixe)",
    r"prochaine (?:\w+ )?(?:réunion|séance|assemblée)",
    r"próxima (?:\w+ )?(?:reunión|sesión|asamblea|junta)",
    r"prossima (?:\w+ )?riunione|volgende vergadering",
)
"""Phrases of the sentence that says when the next meeting is."""

CONDITIONS = (
    r"if|unless|provided|providing|subject to|on condition|conditional|only if|as long as|except|but only",
    r"wenn|falls|sofern|vorausgesetzt|unter der bedingung|nur wenn|außer",
    r"si|à condition|sous réserve|sauf|pourvu",
    r"siempre que|con la condición|salvo|a condición",
    r"a condizione|op voorwaarde",
)
"""Words that begin a condition."""

UNDERTAKINGS = (
    r"(?:will|'ll|shall|is to|are to|agrees? to|agreed to|offered to|promised to|volunteered to|"
    r"undertook to|"
    r"undertakes to|was asked to|were asked to|is asked to|has to|have to|must|needs to|need to|should|to)"
    r"(?! \w+ (?:be|place)\b| be\b| remain| take place| cost| start| begin| last| open| close| meet\b|"
    r" stay)",
    r"takes? care|takes? on|takes? over(?! from)|is responsible|are responsible|looks? after|follows? up|"
    r"signs? up|informs|orders|calls|sends|checks|books|"
    r"contacts|organi[sz]es|arranges|drafts|prepares|collects|buys",
    r"(?:wird|werden|soll|sollen|muss|müssen|übernimmt|übernehmen|kümmert sich|kümmern sich|erledigt|klärt|"
    r"prüft|besorgt|schickt|erstellt|organisiert|informiert|fragt|holt|bereitet|schreibt|bestellt|bucht)",
    r"(?:se charge|s'occupe|s'engage|doit|doivent|devra|devront|va|vont|enverra|prépare\w*|contacte\w*|"
    r"vérifie\w*|rédige\w*)",
    r"(?:se encarga\w*|se ocupa\w*|se compromete\w*|debe|deben|deberá\w*|va a|enviará|preparará|contactará|"
    r"revisará|redactará|pedirá|comprará|buscará|(?!ser|est|habr|tendr|costar|empezar|dur)\w+(?:ará|erá|"
    r"irá)n?)",
)
"""Verbs after the name of the person who is given a task."""

OFFICES = r"[Tt]he [a-z]+|[Ww]e|I|[Dd](?:er|ie) \w+|[Ll][ea] \w+|[Ee]l \w+"
"""Names of those who are given a task without a name of their own: `The treasurer`. Case matters."""

NAME_PARTICLES = r"de|von|van|der"
"""Words between the names of one person."""

AND = r"and|und|et|y"
"""Words between the names of two persons."""

ADVERBS = r"also|then|now|auch"
"""Words between a person and the verb of the task."""

STATES = (
    r"is|are|was|were|have|has|had|lasts?|costs?|remains?|stays?|opens?|closes?",
    r"ist|sind|war|waren|hat|haben|kostet|dauert|bleibt|liegt",
    r"est|sont|était|a|ont|avons|coûte|dure|reste",
    r"es|son|era|hay|está|están|tiene|tenemos|cuesta|dura|queda",
)
"""Verbs that say how something is, so that a sentence with them gives nobody a task."""

CIRCUMSTANCES = (
    r"date|time|place|location|venue|where|when|subject|topic",
    r"datum|zeit|ort|beginn|ende|uhrzeit|thema|lieu|heure|objet|fecha|lugar|hora|asunto",
)
"""Labels of lines that say when and where a meeting was."""

OWNER_COLUMNS = (
    r"owner|who|responsible|assignee|assigned to|by whom|lead|person",
    r"verantwortlich\w*|zuständig\w*|wer|responsable|qui|pilote|quién|encargad[oa]",
)
"""Names of columns with the person who is given a task."""

DUE_COLUMNS = (
    r"due(?: date)?|deadline|by when|when|until",
    r"bis(?: wann)?|termin|frist|fällig|échéance|pour le|délai|plazo|fecha límite|cuándo",
)
"""Names of columns with the date until which something is to be done."""

NO_OWNERS = (
    r"proposal|request|motion|plan|need|decision|offer|agreement|permission|thanks|reference|welcome|"
    r"report|"
    r"meeting|date|there|it|this|that|what|which|next|in|on|at|the (?:next|meeting|date|regatta|price|fee)|"
    r"es|das|dies|il|ce|cela|esto|antrag|vorschlag|proposition|propuesta|and|but|if|when|as|dear|according",
)
"""Words at the beginning of a sentence that are no owner of a task."""

DEADLINES = (
    r"by|until|before|no later than|not later than|due(?: on| by)?|deadline|within",
    r"bis(?: zum| spätestens)?|spätestens|vor(?: dem)?|innerhalb|frist",
    r"d'ici(?: le| au| la)?|avant(?: le)?|jusqu'au|au plus tard|pour le",
    r"antes del?|hasta(?: el)?|para el|a más tardar|plazo",
)
"""Words before the date until which something is to be done."""

BEFORE_DATES = r"the|end|of|at|am|dem|zum|le|la|el|al|fin|de|latest"
"""Words between such a word and the date."""

WEEKDAYS = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)(?:day)?",
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag",
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    r"lunes|martes|miércoles|jueves|viernes|sábado|domingo",
)
"""The days of the week."""

SHORT_WEEKDAYS = (
    "mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb"
)
"""Abbreviations of the days of the week, as a regular expression."""

RELATIVE_DATES = (
    r"next|tomorrow|tonight|the end|end of|spring|summer|autumn|winter|easter|christmas|then",
    r"nächste\w*|morgen|ende|frühjahr|sommer|herbst",
    r"la fin|fin|demain|prochain\w*|la prochaine",
    r"fin|finales|mañana|próxim\w+",
)
"""Words for a date that is not a number."""

CHANGED_ELSE = r"(?:from|vom|von|de|du|desde) .{1,40}? (?:to|auf|nach|zum|à|au|a|al) "
"""What a change names: from what to what."""

# Speech

HESITATIONS = (
    r"u+h+m*|u+m+|e+r+m*|h+m+|m+h*m+|mm-hmm|uh-huh|ah+|oh+|eh+|huh",
    r"ä+h+m*|ö+h+|euh+|ehm+|este\b(?=,)",
)
"""Sounds of a speaker who is looking for words."""

SPOKEN_FILLERS = (
    r"you know|i mean|sort of|kind of|okay|ok|yeah|yep|right|well|so|alright|and|but|or|like|now|basically|"
    r"actually|anyway|yes|no|then",
    r"also|ja|na|nun|halt|genau|und|aber|gut",
    r"alors|donc|ben|bon|voilà|et|mais|oui",
    r"pues|bueno|entonces|vale|y|pero|sí",
)
"""Words that open a spoken sentence and say nothing."""

EMPTY_WORDS = words(
    "just really like think thing things maybe well okay yeah gonna wanna gotta kind sort actually basically "
    "probably guess mean lot bit something anything everything somebody someone stuff good nice great right "
    "sure even still already also quite pretty look looks looking going doing being having let lets see feel "
    "thank thanks please sorry welcome minute minutes that's it's don't didn't doesn't can't won't i'm i've "
    "you're we're we've they're there's what's isn't wasn't wouldn't couldn't i'll we'll you'll he's she's "
    "dunno different might must always never another first last back around able better best make making "
    "eigentlich vielleicht einfach halt eben schon mal ganz sehr glaube denke gerade natürlich "
    "peut-être vraiment juste chose choses voilà très bien pense crois "
    "creo quizás realmente cosa cosas bueno claro muy bien pues"
)
"""Words of speech that say nothing about a subject."""

SPOKEN_DECISIONS = (
    r"(?:we|we've|we have|we'd|it's|that's|it was|team|have|had) (?:\w+ )?(?:decided|agreed|settled|chosen|"
    r"concluded)|(?:let's|let us|we'll|we will|we're going to|we are going to|we should|gonna) (?:just )?"
    r"(?:go (?:for|with)|use|choose|stick (?:to|with)|keep|drop)|"
    r"(?:the|our|my) decision|in favour|i move that|motion|agreed\b|it's decided|final(?:ly)? "
    r"(?:decision|choice)|made (?:a|the) decision",
    r"beschlossen|einigen uns|geeinigt|entscheiden uns|entschieden|machen wir|nehmen wir|dafür gestimmt",
    r"on a décidé|on décide|nous avons décidé|on prend|on choisit|d'accord pour|on part sur",
    r"hemos decidido|decidimos|acordamos|quedamos en|elegimos|nos quedamos con",
)
"""Phrases with which speakers decide."""

SPOKEN_TASKS = (
    r"(?:i'll|i will|you'll|you will|he'll|she'll|he will|she will|they'll) (?:\w+ )?(?:\w+ )?"
    r"(?:send|write|check|prepare|make|look|find|ask|call|contact|email|mail|finish|work|do|get|put|"
    r"organi[sz]e|arrange|update|draft|present|bring|share|start|talk|circulate|follow)|"
    r"(?:can|could|would) you (?:please )?(?:send|write|check|prepare|look|find|ask|call|contact|email|"
    r"finish|"
    r"organi[sz]e|arrange|update|draft|bring|share)|action (?:item|point)|(?:your|my|our|his|her)"
    r" (?:task|job|"
    r"assignment|homework|to-do)|(?:you|i|we|somebody|someone) (?:need|needs|have|has) to (?:send|write|"
    r"check|"
    r"prepare|find|ask|call|contact|finish|organi[sz]e|arrange|update|draft|get|work)|by (?:monday|tuesday|"
    r"wednesday|thursday|friday|next week|tomorrow|the end of)",
    r"ich (?:schicke|schreibe|kümmere|mache|prüfe|frage|übernehme|erledige)|kannst du|könntest du|"
    r"können sie|"
    r"du (?:musst|sollst)|bis (?:montag|dienstag|mittwoch|donnerstag|freitag|nächste woche|morgen)",
    r"je (?:vais|m'occupe|m'en charge|t'envoie|vous envoie)|tu (?:peux|pourrais|dois)|vous (?:pouvez|"
    r"devez)|"
    r"il faut (?:que|envoyer|vérifier|préparer)|d'ici (?:lundi|mardi|mercredi|jeudi|vendredi|demain)",
    r"(?:yo )?(?:voy a|me encargo|me ocupo|envío|mando|preparo)|(?:puedes|podrías|tienes que|hay que)|"
    r"para el (?:lunes|martes|miércoles|jueves|viernes)",
)
"""Phrases with which speakers take or give tasks."""

SPOKEN_POSTPONEMENTS = (
    r"postpone|put (?:it|that|this) off|(?:come|get) back to (?:it|that|this)|leave (?:it|that|this) "
    r"(?:for|until|open)|(?:next|another) (?:meeting|time) (?:we|to)|(?:discuss|decide|talk about) (?:it|"
    r"that|this) "
    r"(?:later|next|in the next|at the next)|on hold|park (?:it|that|this)|can't decide|not decided|"
    r"undecided",
    r"vertagen|verschieben|später (?:entscheiden|besprechen)|nächstes mal|lassen wir offen",
    r"on reporte|on verra|reporter|plus tard|la prochaine fois",
    r"aplazar|posponer|más adelante|la próxima vez|lo dejamos para",
)
"""Phrases with which speakers put something off."""
