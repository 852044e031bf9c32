"""Spanish."""

from ingest.language.definition import Absent, Language, phrases, words

SPANISH = Language(
    name="Spanish",
    capitalises_nouns=False,
    stop_words=words(
        "al como con cuál cuándo cuánto de del desde dónde el ella en entre era es esta este fue ha la las "
        "lo los más mi muy no o para pero por qué que quién se ser si sin sobre son su sus un una y ya"
    ),
    abbreviations=words("dr sr sra dra"),
    numeric_abbreviations=words("núm pág"),
    ordinal_nouns=Absent("a day is written without a full stop: 3 de octubre"),
    # Without eleven: "once" is an English word of another meaning.
    numerals={
        "dos": 2,
        "tres": 3,
        "cuatro": 4,
        "cinco": 5,
        "seis": 6,
        "siete": 7,
        "ocho": 8,
        "nueve": 9,
        "diez": 10,
        "doce": 12,
        "trece": 13,
        "catorce": 14,
        "quince": 15,
        "dieciséis": 16,
        "diecisiete": 17,
        "dieciocho": 18,
        "diecinueve": 19,
        "veinte": 20,
        "treinta": 30,
        "cuarenta": 40,
        "cincuenta": 50,
        "sesenta": 60,
        "setenta": 70,
        "ochenta": 80,
        "noventa": 90,
    },
    denials=words("no nunca sin ningún ninguna"),
    denial_endings=Absent("Spanish negates with words of their own"),
    non_denials=Absent("not collected"),
    follow_up_openers=phrases("y|pero|por qué"),
    pronouns=words("eso esa ese esos esas ello ella ellos allí"),
    final_pronouns=Absent("not collected"),
    several_documents=("cuáles", "cuántos", "cuántas", "todos", "todas"),
    instruction_words=Absent("not collected"),
    question_fillers=Absent("not collected"),
    stemmer=Absent("not measured; the English and German rules cover many of its endings"),
    compound_links=Absent("the parts of a compound are separate words"),
    plural_endings=("s",),
    inflections=("- s es", "z ces"),
)
