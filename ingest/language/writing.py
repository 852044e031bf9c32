"""Words by which papers, letters and contracts are recognised, and what matters in them.

The lists of all languages are merged, as those of `ingest.language`. Entries are regular expressions for the
beginning of a word or for a phrase, and are matched without regard to case.
"""

# Papers, reports and proposals

PAPER_HEADINGS = (
    r"abstract|(?:simple |executive |plain[- ]language )?summary|introduction|background|related work|"
    r"motivation|"
    r"(?:materials and )?methods?|methodology|approach|experiments?|evaluation|results?|findings|"
    r"discussion|"
    r"conclusions?|limitations|references|bibliography|specification|rationale|backwards? compatibility|"
    r"security considerations|recommendations?|scope|objectives?|goals?|problem statement|proposal|"
    r"future work|appendix|test cases|reference implementation|strategic (?:goals?|objectives?)|mission|"
    r"vision",
    r"zusammenfassung|kurzfassung|einleitung|hintergrund|methoden?|methodik|ergebnisse?|diskussion|fazit|"
    r"schluss(?:folgerung(?:en)?)?|literatur(?:verzeichnis)?|empfehlung(?:en)?|ziele?|problemstellung|"
    r"ausblick",
    r"résumé|introduction|contexte|méthodes?|méthodologie|résultats?|discussion|conclusions?|bibliographie|"
    r"références|recommandations?|objectifs?",
    r"resumen|introducción|antecedentes|métodos?|metodología|resultados?|discusión|conclusiones|conclusión|"
    r"bibliografía|referencias|recomendaciones|objetivos?",
)
"""Headings of papers, reports and proposals."""

ABSTRACT_HEADINGS = (
    r"abstract|(?:simple |executive |plain[- ]language )?summary|overview|at a glance|tl;?dr",
    r"zusammenfassung|kurzfassung|überblick|résumé|synthèse|resumen(?: ejecutivo)?|sumario|riassunto|"
    r"samenvatting",
)
"""Headings of the part that says in short what the document says."""

OUTCOME_HEADINGS = (
    r"results?(?: and discussion)?|findings|key findings|conclusions?|summary and conclusions?|"
    r"recommendations?|"
    r"discussion",
    r"ergebnisse?|fazit|schluss(?:folgerung(?:en)?)?|empfehlung(?:en)?|résultats?|conclusions?|"
    r"recommandations?",
    r"resultados?|conclusi(?:ón|ones)|recomendaciones|hallazgos",
)
"""Headings of the parts that say what was found."""

PROPOSAL_HEADINGS = (
    r"proposals?|proposed solution|solution|recommendations?|aims?|objectives?|purpose|goals?|request",
    r"vorschlag|vorschläge|empfehlung(?:en)?|ziele?|zweck|antrag|propositions?|objectifs?|but|"
    r"recommandations?|"
    r"propuestas?|objetivos?|recomendaciones|finalidad",
)
"""Headings of the part that says what a document proposes."""

REASON_HEADINGS = (
    r"motivation|background|problem(?: statement)?|introduction|rationale|context|why",
    r"hintergrund|problemstellung|einleitung|motivation|contexte|introduction|antecedentes|introducción|"
    r"problema",
)
"""Headings of the parts that say why."""

_WORKS = (
    r"paper|article|study|report|proposal|thesis|dissertation|work|document|standard|specification|erc|"
    r"eip|rfc|pep|"
    r"plan|chapter|note|memo|white ?paper|review|survey|guide|policy|project|framework|change|feature|"
    r"strategic plan|research|analysis|investigation|letter|manuscript|design"
)

PURPOSES = (
    rf"(?:this|the present|the current|our|the proposed|the) (?:[\w-]+ ){{0,2}}(?:{_WORKS})"
    rf" (?:[\w]+ )?(?:propos|"
    r"present|introduc|describ|defin|specif|add|aim|examin|investigat|evaluat|outlin|provid|analy[sz]|"
    r"show|address|"
    r"explor|seek|standardi[sz]|extend|enabl|allow|review|set|develop|report|establish|argu|compar|"
    r"consider|"
    r"test|recommend|suggest|cover|explain|make|offer|chang|deprecat|remov|replac|assess|summari|discuss|"
    r"study)"
    r"(?:s|es|ed|ies|e|ing|t)?\b",
    r"(?:we|i|authors) (?:here |also |first |then |now |thus |therefore )?(?:propose|present|introduce|"
    r"describe|"
    r"develop|study|studied|investigate|investigated|evaluate|evaluated|examine|examined|analy[sz]ed?|"
    r"report|"
    r"address|explore|aim|design|test|tested|compare|compared|argue|extend|define|demonstrate)",
    r"(?:is|are) (?:hereby )?(?:proposed|introduced|presented|specified|defined|described)",
    r"(?:the )?(?:aim|goal|purpose|objective|intent)s? (?:of|is|are|was)|(?:this|it) is an? (?:proposal|"
    r"standard|specification|report|extension|method)|specification (?:of|for)|an? (?:standard|interface|"
    r"method|specification|proposal|extension|mechanism|framework) (?:for|to|that|of|which)|"
    r"aims? to|introduces?|proposes?|proposal to|"
    r"(?:add|adds|introduce|define|standardi[sz]e|specify|create|allow|enable|extend|describe|provide)"
    r"s? (?:a|an|"
    r"the|new|for)\b",
    r"(?:diese|die vorliegende|dieser|dieses) (?:\w+ )?(?:arbeit|studie|bericht|vorschlag|dokument|"
    r"artikel|beitrag|"
    r"konzept) \w+|wir (?:schlagen|stellen|untersuchen|zeigen|präsentieren|entwickeln|beschreiben)|"
    r"ziel (?:der|"
    r"dieser|des|ist)|wird (?:\w+ ){0,3}(?:vorgeschlagen|untersucht|vorgestellt|beschrieben)",
    r"(?:cet|ce|cette|le présent) (?:article|rapport|document|étude|travail|mémoire|proposition) \w+|nous "
    r"(?:proposons|présentons|étudions|introduisons|décrivons|montrons|analysons)|l'objectif|le but",
    r"(?:este|esta|el presente|la presente) (?:artículo|informe|documento|estudio|trabajo|propuesta) \w+|"
    r"(?:proponemos|presentamos|estudiamos|introducimos|describimos|analizamos)|el objetivo",
)
"""Phrases of a sentence that says what a paper proposes or examines."""

FINDINGS = (
    r"(?:we|i|authors|study|paper|report|analysis|it) (?:also |have |has |was |further )?(?:find|finds|"
    r"found|show|"
    r"shows|showed|shown|demonstrate[sd]?|observe[sd]?|conclude[sd]?|reveal(?:s|ed)?|identified|"
    r"confirm(?:s|ed)?)",
    r"(?:results?|findings?|experiments?|data|evidence|analysis|analyses|evaluation|simulations?|"
    r"outcomes?) "
    r"(?:\w+ ){0,2}(?:show|suggest|indicate|demonstrate|reveal|confirm|support|were)\w*",
    r"(?:it was found|in conclusion|to conclude|overall,|taken together|outperform\w*|significant(?:ly)? "
    r"(?:higher|lower|better|worse|more|less|reduced|increased|different|improv\w+)|achiev(?:es|ed) (?:an?|"
    r"the|state)|we recommend|it is recommended|recommends? that|should be)",
    r"(?:ergebnisse|daten|analyse) (?:\w+ )?(?:zeigen|zeigt|belegen|deuten)|(?:es )?zeigt(?:e)? sich|"
    r"wir (?:zeigen|finden|fanden|empfehlen)|festgestellt|zusammenfassend|insgesamt",
    r"(?:résultats|données|analyse) (?:\w+ )?(?:montr|indiqu|suggèr|révèl)\w+|nous (?:montrons|constatons|"
    r"concluons|recommandons)|en conclusion",
    r"(?:resultados|datos|análisis) (?:\w+ )?(?:muestr|indic|sugier|revel|demuestr)\w+|(?:encontramos|"
    r"concluimos|recomendamos|mostramos)|en conclusión",
)
"""Phrases of a sentence that says what a paper found."""

UNWANTED_HEADINGS = (
    r"references?|bibliography|literature|literature cited|works cited|further reading|sources|citations?|"
    r"(?:table of )?contents|list of (?:figures|tables|abbreviations)|index|copyright(?: waiver)?|"
    r"licen[sc]e|"
    r"acknowledge?ments?|about (?:the|this) (?:authors?|document)|legal notice|disclaimer|footnotes|"
    r"endnotes|"
    r"changelog|revision history|see also|external links",
    r"literatur(?:verzeichnis)?|quellen(?:verzeichnis)?|inhalt(?:sverzeichnis)?|abbildungsverzeichnis|"
    r"tabellenverzeichnis|danksagung|impressum|fußnoten|stichwortverzeichnis",
    r"références|bibliographie|sommaire|table des matières|remerciements|mentions légales|notes",
    r"referencias|bibliografía|índice|contenido|tabla de contenidos?|agradecimientos|notas",
)
"""Headings of parts that no summary quotes: lists of references, tables of contents, notices."""

# Letters, contracts and notes

PARTIES = (
    r"between (?!the |\d).{2,200}? and|hereinafter|hereafter|by and between|(?:called|referred to as|"
    r"known as) (?:the )?\w+|"
    r"\((?:the )?[\"'“”]?(?:landlord|tenant|lessor|lessee|employer|employee|buyer|seller|purchaser|supplier|"
    r"customer|client|contractor|borrower|lender|licensor|licensee|insurer|insured|policyholder|agency|"
    r"provider)[\"'“”]?\)",
    r"zwischen (?!de[rnm] |\d).{2,200}? und|nachfolgend|im folgenden|\((?:der |die )?[\"„“]?(?:vermieter|"
    r"mieter|auftraggeber|auftragnehmer|arbeitgeber|arbeitnehmer|käufer|verkäufer|versicherungsnehmer)(?:in)?[\"„“]?\)",
    r"entre .{2,200}? et|ci-après|\((?:le |la )?(?:bailleur|locataire|employeur|salarié|acheteur|vendeur|"
    r"prestataire)\)",
    r"entre .{2,200}? y|en adelante|\((?:el |la )?(?:arrendador|arrendatario|empleador|comprador|"
    r"vendedor|proveedor)\)",
)
"""Phrases of a sentence that names the parties."""

PAYMENTS = (
    r"rent|fees?|price|salary|wages?|premium|deposit|instal?lments?|interest|penalt(?:y|ies)|monthly|yearly",
    r"miete|gebühr(?:en)?|preis|gehalt|lohn|beitrag|prämie|kaution|rate|raten|zinsen|abschlag|"
    r"monatlich\w*|jährlich\w*",
    r"loyer|frais|prix|salaire|prime|caution|mensualités?|intérêts?|pénalités?|mensuel\w*|annuel\w*",
    r"alquiler|renta|cuotas?|precio|salario|sueldo|prima|fianza|plazos|intereses|mensual\w*|anual\w*",
)
"""What is paid by a contract, once or again and again."""

OBLIGATIONS = (
    r"must|shall|has to|have to|required|obliged|agrees? to|undertakes? to|is (?:due|payable)|are (?:due|"
    r"payable)|"
    r"may not|must not|not allowed|entitled|liable|responsible for|terminat\w+|notice|cancel\w*|expir\w+|"
    r"renew\w*|deposit|penalty|please (?:pay|send|return|sign|reply|confirm|bring|let|contact|note)|"
    r"deadline",
    r"muss|müssen|verpflicht\w+|hat zu|haben zu|fällig|zahlbar|darf nicht|dürfen nicht|"
    r"berechtigt|haft\w+|"
    r"künd\w+|frist|kaution|bitte (?:zahlen|überweisen|senden|schicken|unterschreiben)|endet",
    r"doit|doivent|tenu\w* de|s'engage|est (?:dû|due|exigible|payable)|ne peut|résili\w+|préavis|"
    r"dépôt de garantie|"
    r"veuillez|échéance|expire",
    r"debe|deben|deberá\w*|obligad\w+|se compromete|no podrá\w*|rescind\w+|preaviso|fianza|vencimiento|"
    r"vence|"
    r"por favor|rogamos",
)
"""Phrases of a sentence that states a duty, a right, or an end."""

GREETINGS = (
    r"dear|hello|hi\b|kind regards|best regards|regards|yours (?:sincerely|faithfully|truly)|sincerely|"
    r"thank you|thanks|best wishes|we hope|i hope|looking forward|we look forward|do not hesitate|"
    r"(?:strictly )?(?:private (?:and|&) )?confidential|strictly private|without prejudice",
    r"sehr geehrte\w*|liebe[rs]?|hallo|mit freundlichen grüßen|viele grüße|beste grüße|vielen dank|"
    r"hochachtungsvoll|wir freuen uns|(?:streng |persönlich und )?vertraulich",
    r"cher|chère|madame|monsieur|bonjour|cordialement|merci|veuillez agréer|salutations|"
    r"(?:strictement )?confidentiel",
    r"estimad[oa]s?|querid[oa]s?|hola|un saludo|saludos|atentamente|gracias|cordialmente|confidencial",
)
"""Beginnings of sentences that are mere politeness, and of lines such as *Private and confidential* above a
letter."""

QUESTIONS_REPORTED = (
    r"(?:asks?|asked|asking|wonder(?:s|ed|ing)?|enquire[sd]?|inquire[sd]?|wants? to know|wanted to know)\b"
    r"(?! that| for)[^.;!?–—]*\b(?:whether|if|whom?|what|when|where|why|how|which)\b",
    r"(?:frag(?:e|t|te|ten)|gefragt|wissen (?:will|wollte|wollten|möchte))\b[^.;!?–—]*"
    r"\b(?:ob|wer|wem|wen|was|wann|wo|warum|wie|welche[rsn]?)\b",
    r"(?:demand(?:e|ait|é|ez|er))\b[^.;!?–—]*\b(?:si|qui|quand|où|pourquoi|comment|combien|quelle?s?)\b",
    r"(?:pregunt(?:a|ó|aba|ado))\b[^.;!?–—]*\b(?:si|quién|qué|cuándo|dónde|cómo|cuánto|cuál)\b",
)
"""Clauses that report a question, as regular expressions."""

ASKING = r"ask\w*|wonder\w*|enquir\w*|inquir\w*|question\w*|\w*frag\w*|wissen|demand\w*|pregunt\w*"
"""Words of a question about what somebody asked, as a regular expression."""

REPLIES = (
    r"said|says?|told|answer\w*|repl(?:y|ied|ies)|agreed|yes|no|antwort\w*|sagte|gesagt|ja|nein|"
    r"répond\w*|dit|oui|non|respond\w*|dijo|sí"
)
"""Words by which a sentence also gives a reply, as a regular expression."""

REFERENCES = r"(?:please )?(?:see|compare|cf|siehe|vgl|voir|cf|véase|ver)\b"
"""Beginnings of sentences that only name another place, as a regular expression."""

SALUTATIONS = (
    r"dear|to whom it may concern|sehr geehrte\w*|liebe[rs]?|guten tag|grüß gott|ch(?:er|ère)s?|madame|"
    r"monsieur|mesdames|messieurs|estimad[oa]s?|querid[oa]s?|muy señor\w*|distinguid[oa]s?"
)
"""Words that a letter begins with below its head, as a regular expression."""

REQUESTS = (
    r"(?:could|would|can|will|may) (?:you|i|we)|please|(?:könnt?en|würden|dürft?en) (?:sie|wir|ich)|bitte|"
    r"pourriez-vous|pouvez-vous|podrían?|puede[ns]? (?:usted|ustedes)"
)
"""Words of a question that is a request, as a regular expression."""

SEQUELS = (
    r"second(?:ly)?|third(?:ly)?|finally|zweitens|drittens|deuxièmement|troisièmement|en segundo lugar|"
    r"en tercer lugar"
)
"""Beginnings of a sentence that continues a count begun in an earlier one, as a regular expression."""

TOTALS = (
    r"total|totals|sum|grand total|subtotal|overall|average|mean",
    r"summe|gesamt\w*|insgesamt|zwischensumme|saldo|durchschnitt|mittelwert",
    r"total(?:e|es|aux)?|sous-total|somme|ensemble|moyenne",
    r"total(?:es)?|suma|subtotal|promedio|media",
)
"""Names of rows that add up other rows."""

OPEN_ENDS = (
    r"and|or|of|between|with|by|for|und|oder|zwischen|mit|von|für|et|ou|entre|avec|de|par|pour|y|o|con|por|"
    r"para"
)
"""Words with which no sentence ends, so that the next line continues it."""

EMPTY = (
    "none|nothing|not applicable|n/?a|t\\.?b\\.?d|to be (?:determined|written|decided|added)|forthcoming|"
    "keine?|entfällt|noch offen|néant|sans objet|à compléter|ninguno|no aplica|pendiente"
)
"""What stands below a heading where nothing is said, as a regular expression."""
