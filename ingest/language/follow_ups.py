"""Words by which questions are understood: what continues another, what is asked for, where one divides.

Those of all languages are merged.
"""

from ingest.language.definition import phrases, words

QUESTION_WORDS = words(
    "what when where who whom whose which how why "
    "was wann wo wer wen wem wessen welche welcher welches wie warum wieso "
    "quand où qui quel quelle quels quelles comment combien pourquoi "
    "qué cuándo dónde quién quiénes cuál cuáles cómo cuánto cuánta cuántos cuántas"
)
"""Words that a question for something begins with."""

STARTERS = QUESTION_WORDS | words(
    "is are was were do does did can could may must has have will would should "
    "ist sind hat haben kann darf muss gibt wird que est sont a ont peut doit es son tiene puede hay"
)
"""Words that a whole question begins with."""

YES_OR_NO = (
    "is|are|am|was|were|do|does|did|can|could|may|must|has|have|had|will|would|should|shall",
    "ist|sind|war(?!um)|hat|haben|hatte|kann|können|darf|dürfen|muss|müssen|wird|werden|gibt|gilt|soll|stimmt",
    "est-ce|est-il|est-elle|sont-ils|sont-elles|y a-t-il|peut-on|a-t-on|faut-il|dois-je|puis-je",
    "es|son|está|están|hay|tiene|tienen|puede|pueden|puedo|debe|deben|se puede|ha|han",
)
"""Beginnings of questions that are answered by yes or no, as patterns."""

ASKING_FOR_MORE = words("que quand où qui quoi quel quelle quels quelles comment combien pourquoi")
"""French question words: without one, an inverted verb asks for yes or no."""

BEFORE_NOUNS = words(
    "a an the my our your his her its their this these those any some many much no every each all both other "
    "another which whose few more of about for with without in on at from by near under over against during "
    "between behind called named s"
)
"""English words that a noun follows, with or without an adjective."""

BEFORE_FOREIGN_NOUNS = words(
    "le la les l un une des du de d mon ma mes notre nos son sa ses votre vos leur leurs quel quelle quels "
    "quelles el los las una unos unas del mi mis su sus nuestra nuestro nuestros nuestras tu tus"
)
"""Those of languages in which the verb or adjective of a question may follow the noun."""

OF = words("of de du des del d")
"""Words after what is asked for, and before what it belongs to: `the colour of the car`."""

NO_NOUN_ENDINGS = ("ed", "ing", "able", "ible", "ly")
"""Endings of English words that follow a noun and are none: `the amount owed`."""

PARTICIPLES = words(
    "given taken made done written sent paid held kept bought sold found left got gone seen known shown told "
    "said built begun chosen drawn driven eaten flown forgotten hidden laid led lent lost meant met put read "
    "set shut spent spoken stolen taught thrown understood won worn"
)
"""English participles without such an ending."""

INDEFINITE = words(
    "anyone anybody anything anywhere someone somebody something somewhere everyone everybody everything "
    "everywhere nobody nothing nowhere ever still yet also else maybe please exactly currently usually "
    "altogether together total due first last next latest hour hours week weeks month months minute minutes "
    "amount reason way plus minus quelqu quelque rien personne alguien algo nadie nada heure semaine mois "
    "hora semana mes"
)
"""Words that stand beside a subject and are none: nobody in particular, spans of time, sums."""

ASKING_WHO = words("who what which wer was welche welcher welches qui quién quiénes")
"""Question words that may be the subject themselves."""

OWNING = words("has have had")
"""Verbs that an object follows after one of those: `Who has the key?`"""

STEPS = (
    "how (?:do|can|could|should|must|would) (?:i|we|you|one|they)|how to|what (?:are the )?steps",
    "in (?:what|which) order",
    r"wie (?:\w+ )?(?:ich|wir|man|sie)|welche schritte|in welcher reihenfolge",
    r"comment (?:faire|puis-je|peut-on|dois-je|doit-on|\w+er|\w+-t-on)|quelles (?:sont les )?étapes",
    r"cómo (?:puedo|podemos|se|hago|hacemos|debo|\w+[aei]r)|qué pasos|en qué orden",
)
"""Beginnings of questions that ask how something is done, as patterns."""

LISTS = (
    r"(?:what|which) (?:\w+ ){0,3}(?:are|were) (?:the|all|included|needed|allowed)\b",
    r"what (?:all )?(?:do|does|did|should|must|will) \w+ (?:\w+ )?(?:need|bring|pack|buy|include)",
    r"(?:list|name|tell me) (?:all|every|the)\b",
    r"what (?:do|should|must) (?:i|we|you|one|they) (?:(?:have|need) to )?do\b",
    r"welche \w+ (?:\w+ )?(?:sind|gibt|werden|braucht|brauche|gehören)|nenne? ",
    r"was (?:(?:\w+ ){1,3}(?:alles|mitbringen|mitnehmen|tun|machen)\b|brauch\w+|benötig\w+)",
    r"(?:quels|quelles) (?:sont|\w+s)\b|que (?:faut-il|dois-je) (?:apporter|prendre|acheter|faire)",
    r"cuáles|qué \w+s son\b|qué (?:necesito|hace falta|se necesita|debo hacer|hay que hacer)",
)
"""Beginnings of questions that a whole list answers, as patterns."""

FRAGMENT_OPENERS = words(
    "in for with without at on from to of by during after before since until the "
    "im in für mit ohne bei ab von nach vor seit bis der die das am "
    "en pour avec sans chez dans depuis avant après le la les "
    "para con sin desde hasta el los las"
)
"""Words that begin a part of a question: `In winter?` Keywords rarely begin with one."""

OPEN_ENDED = words(
    "after since before until till by from between nach seit vor bis ab zwischen après depuis avant jusque "
    "dès entre después desde antes hasta"
)
"""Words before a year that do not mean what happened in it."""

DATES = words(
    "when date dates year years day until long wann datum jahr jahre tag lange quand année années ans jour "
    "longtemps cuándo fecha año años día"
)
"""Words of a question that may be answered by any date."""

COPULAS = words("is are was were ist sind war waren est sont était es son era")
"""Verbs of a question that asks what something is, and stands by itself: `What is Ethereum?`"""

OTHERS = words("other others another andere anderen anderer anderes autre autres otro otra otros otras else")
"""Words that ask for something that the last answer was not about."""

YEARS_BEFORE = phrases(
    "the year before|previous year|prior year|preceding year|last year|year earlier|vorjahr|jahr davor|"
    "jahr zuvor|année précédente|année d'avant|año anterior"
)
"""Phrases for the year before the one that was asked about."""

YEARS_AFTER = phrases(
    "the year after|next year|following year|year later|folgejahr|jahr danach|jahr darauf|année suivante|"
    "année d'après|año siguiente"
)
"""Phrases for the year after it."""

EXPLETIVES = (
    r"\bit (?:\w+ ){0,2}(?:to|that|if)\b",
    r"\bwhat time is it\b",
    r"\b(?:y )?a-t-il\b",
    r"\best-il (?:\w+ )?(?:de|que)\b",
    r"\bgibt es\b",
)
"""Patterns in which a pronoun refers to nothing: `Is it allowed to keep dogs?`"""

POINTING_BACK = (
    r"(?:do|does|did|will|would|could|should|can|may|must) that",
    rf"(?:is|was|has|had) that (?:\w{{4,}}ed|{'|'.join(sorted(PARTICIPLES))})",
    r"(?:a|est|était|sera|coûte) (?:cela|ça)",
)
"""Patterns of a verb with a subject that refers to an earlier answer: `How much did that cost?`"""

OWN_SUBJECTS = words("le la les un une mon ma mes notre nos ton votre")
"""Words before the subject of a French question, which its verb repeats: `Quand le bail finit-il ?`"""

PERSONS = words(
    "he she him her his hers they them their er sie ihm ihn ihr ihre seine il elle ils elles lui leur "
    "él ella ellos ellas suyo su"
)
"""Pronouns that may refer to a person whom the last answer named."""

HE_OR_SHE = words("he she him her his hers")
"""English pronouns that always refer to a person."""

POSSESSIVES = ("her|his|its|their", "seinen?|seine[rs]?|ihren?|ihre[rs]?")
"""Possessives before a noun, which refer to a name before them in the same question, as patterns."""

CONJUNCTIONS = ("and", "and also", "und", "et", "y", "e", "sowie")
"""Words that join two questions, or two things that are asked for."""

PREPOSITIONS = "of|for|in|at|from|by|von|vom|für|im|bei|de|du|des|pour|à|del|para|en"
"""Prepositions that are repeated before a second name, as a pattern."""

THAT = "that|those|the one|the ones|der|die|das|dem|denen|celui|celle|ceux|celles|el|la|los|las"
"""What stands for the thing of the second name: `the rent of A and that of B`; as a pattern."""

ARTICLES = "the|der|die|das|den|dem|le|la|les|el|los|las"
"""Definite articles, as a pattern."""

VALUE_QUESTIONS = (
    "what (?:is|are|was|were)|how (?:much|high) (?:is|are|was|were)|wie hoch (?:ist|sind|war|waren)|"
    "was (?:ist|sind)|quel(?:le)?s? (?:est|sont|était|étaient)|cuáles? (?:es|son|era|eran)"
)
"""Beginnings of questions for values, as a pattern."""

FORMS_OF_ADDRESS = words(
    "mr mrs ms miss dr prof sir lady lord family herr frau familie firma m mme mlle monsieur madame "
    "mademoiselle maître señor señora sr sra don doña"
)
"""Words before a last name that are no first name."""

CONTRASTING = (
    "and|or|also|but",
    "what about|how about",
    "und|oder|aber|auch|was ist mit",
    "et|ou|mais|qu'en est-il de",
    "y|e|o|pero|qué hay de",
)
"""Words before what a follow-up names in contrast to an earlier question, as patterns."""

ADVERBIALS = (
    r"(?:since |from |until |till |by |for )?(?:when|how long)|why|where|how often|"
    r"at what time|on what day|by how much|"
    r"(?:seit |ab |bis )?wann|warum|wieso|weshalb|wo|wie (?:lange|oft)|um wie viel|"
    r"pourquoi|(?:depuis |jusqu.à |à partir de )?quand|où|depuis combien de temps|"
    r"por qué|(?:desde |hasta )?cuándo|dónde"
)
"""Question words for a time, a place or a reason, as a pattern."""

IS_THAT = (
    "(?:was|is|did|does) (?:that|this|it|so)(?: happen| be)?|"
    "(?:war|ist) das(?: so)?|est-ce|était-ce|fue eso|es eso"
)
"""What may follow such a word in a follow-up, as a pattern: `why was that?`."""

AUXILIARIES = words("do does did can could may must will would should shall")
"""English verbs after which the subject and then another verb follow: `When does the lease end?`"""

BEFORE_PREDICATES = words("when how why is are was were")
"""Beginnings of English questions in which an adjective may follow the noun: `When is the rent due?`"""

FOREIGN_DETERMINERS = words(
    "der die das den dem des ein eine einen einem einer mein meine meinen meiner unser unsere unserer "
    "unseren le la les l un une mon ma mes notre nos el los las una mi mis nuestro nuestra nuestros nuestras"
)
"""Articles and possessives of the other languages."""

DETERMINERS = FOREIGN_DETERMINERS | words("the a an my our your his her its their")
"""Articles and possessives."""

PREPOSED = words(
    "of for in at from by with without to on about per during since until before after under over between "
    "von vom für im in bei beim mit ohne zu zum zur am an ab aus nach seit bis vor über unter "
    "de du des d pour à au aux dans en avec sans chez depuis sur par "
    "del para con sin desde hasta por al"
)
"""Prepositions, with and without an article in them."""

ORDER = words(
    "first second third fourth fifth last next previous latest earliest newest oldest "
    "erste ersten erster erstes zweite zweiten zweiter zweites dritte dritten dritter drittes "
    "letzte letzten letzter letztes nachste nachsten nachster nachstes vorige vorigen neueste neuesten "
    "premier premiere deuxieme troisieme dernier derniere prochain prochaine precedent precedente "
    "primer primera primero segundo segunda tercer tercera ultimo ultima proximo proxima anterior"
)
"""Places in an order, folded."""

ONES = words("one ones time mal fois vez")
"""Words that stand for the thing that is counted: `the last one`."""

SOURCE_ASKED = (
    r"where (?:does|did) (?:it|that|this) (?:say|stand)(?: (?:that|this|so|it))?|"
    r"where (?:is|was) (?:it|that|this) (?:from|written|stated)|"
    r"where did you (?:get|find|read) (?:that|this|it)(?: from)?|"
    r"(?:in )?which (?:document|file|page|paper|note|letter) "
    r"(?:says (?:that|so|this)|is (?:that|this|it)(?: (?:in|from|on))?)|"
    r"(?:what(?:'s| is| was) )?(?:the|your) sources?|says who|"
    r"wo steht das|woher (?:hast du|haben sie|weißt du|stammt|kommt) das|was ist die quelle|"
    r"où (?:est-ce (?:écrit|dit)|est-ce que c.est (?:écrit|dit)|c.est (?:écrit|dit))|d.où vient cela|"
    r"dónde (?:dice|pone) eso|dónde está escrito(?: eso)?"
)
"""Questions for the source of the last answer, as a pattern."""
