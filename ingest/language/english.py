"""English."""

from ingest.language.definition import Absent, Language, phrases, words

ENGLISH = Language(
    name="English",
    capitalises_nouns=False,
    stop_words=words(
        "a about above after again all am an and any are as at be because been before being below between "
        "both but by can could did do does doing down during each few for from further had has have having "
        "he her here hers him his how i if in into is it its itself just me more most my no nor not now of "
        "off on once only or other our ours out over own same she should so some such than that the their "
        "theirs them then there these they this those through to too under until up very was we were what "
        "when where which while who whom whose why will with would you your yours s t"
    ),
    abbreviations=words(
        "dr mr mrs ms prof st mt gen col sgt lt capt gov sen rep hon rev vs cf viz ft inc ltd co corp"
    ),
    numeric_abbreviations=words(
        "no nos fig figs eq eqs sec secs ch chap vol pp pg par art num v ver rev ext tel approx ca "
        "jan feb mar apr jun jul aug sep sept oct nov dec"
    ),
    ordinal_nouns=Absent("a day is written without a full stop: 3 October"),
    numerals={
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
        "ten": 10,
        "eleven": 11,
        "twelve": 12,
        "thirteen": 13,
        "fourteen": 14,
        "fifteen": 15,
        "sixteen": 16,
        "seventeen": 17,
        "eighteen": 18,
        "nineteen": 19,
        "twenty": 20,
        "thirty": 30,
        "forty": 40,
        "fifty": 50,
        "sixty": 60,
        "seventy": 70,
        "eighty": 80,
        "ninety": 90,
    },
    denials=words("not no never none neither nor nobody nothing without cannot"),
    denial_endings=words("n't n’t"),
    non_denials=("no (?:later|more|less|fewer|earlier) than", "not only", "nothing but"),
    follow_up_openers=phrases(
        "and|but|or|so|then|also|what about|how about|what else|who else|why|since when"
    ),
    pronouns=words("it its he she they them him her their theirs his hers this these those former latter"),
    final_pronouns=words("that there"),
    several_documents=(
        r"which (?:\w+ )?(?:documents|files|notes|invoices|letters|contracts|reports|of (?:the|my|our))",
        "how many",
        "list (?:all|every|the)",
        r"all (?:the |my |our )?\w+s",
        "every",
        "each",
        "compare",
    ),
    instruction_words=words(
        "document documents file files note notes list all every each many speak speaks mention mentions "
        "contain contains concern concerns say says name names show"
    ),
    question_fillers=words(
        "get gets got go goes going went come comes came takes take took makes make made give gives gave "
        "tell tells told say says said know knows need needs needed want wants use used call called happen "
        "happened much many long old often kind type name number thing things people person time date day "
        "year"
    ),
    stemmer="english",
    compound_links=Absent("the parts of a compound are separate words"),
    plural_endings=("s", "en"),
    inflections=("- s es", "y ies", "f ves", "fe ves", "an en"),
)
