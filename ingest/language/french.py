"""French."""

from ingest.language.definition import Absent, Language, phrases, words

FRENCH = Language(
    name="French",
    capitalises_nouns=False,
    stop_words=words(
        "au aux avec ce ces cette dans de des du elle en est et il je la le les leur lui mais mon ma mes ne "
        "nous ou où par pas pour qu que quel quelle qui quand sa se ses son sur ton une un vous été"
    ),
    abbreviations=words("dr prof cf"),
    numeric_abbreviations=words("no nos fig vol chap art pp"),
    ordinal_nouns=Absent("a day is written without a full stop: 3 octobre"),
    # Without sixteen: "seize" is an English word of another meaning.
    numerals={
        "deux": 2,
        "trois": 3,
        "quatre": 4,
        "cinq": 5,
        "six": 6,
        "sept": 7,
        "huit": 8,
        "neuf": 9,
        "dix": 10,
        "onze": 11,
        "douze": 12,
        "treize": 13,
        "quatorze": 14,
        "quinze": 15,
        "vingt": 20,
        "trente": 30,
        "quarante": 40,
        "cinquante": 50,
        "soixante": 60,
    },
    denials=words("pas jamais sans aucun aucune"),
    denial_endings=Absent("French negates with words of their own"),
    non_denials=Absent("not collected"),
    follow_up_openers=phrases("et|mais|pourquoi"),
    pronouns=words("il elle ils elles celui celle ceux cela ça"),
    final_pronouns=Absent("not collected"),
    several_documents=("liste", "quels", "quelles", "combien", "tous", "toutes"),
    instruction_words=words("liste fichiers"),
    question_fillers=Absent("not collected"),
    stemmer=Absent("not measured; the English and German rules cover many of its endings"),
    compound_links=Absent("the parts of a compound are separate words"),
    plural_endings=("s", "x"),
    inflections=("- s e es x", "al aux"),
)
