"""German."""

from ingest.language.definition import Absent, Language, phrases, words

GERMAN = Language(
    name="German",
    capitalises_nouns=True,
    stop_words=words(
        "aber als am an auch auf aus bei beim bin bis bist da das dass dem den der des die dies diese dieser "
        "du durch ein eine einem einen einer eines er es für hat hatte ich ihr im in ist ja kann man mein "
        "meine mit nach nicht noch nur ob oder ohne sein seine sich sie sind so über um und uns von vor wann "
        "war waren was wie wenn wer werden wird wo zu zum zur"
    ),
    abbreviations=words("dr prof hr fr st dipl ing bzw resp inkl zzgl evtl ggf vgl sog co"),
    numeric_abbreviations=words("nr abs art ca tel"),
    ordinal_nouns=words(
        "Jan Feb Mär Mar Apr Mai Jun Jul Aug Sep Okt Nov Dez Stock Etage Obergeschoss Geschoss OG UG Quartal "
        "Halbjahr Jahrhundert Werktag Lebensjahr Auflage Klasse Kapitel Absatz Rate"
    ),
    numerals={
        "zwei": 2,
        "drei": 3,
        "vier": 4,
        "fünf": 5,
        "sechs": 6,
        "sieben": 7,
        "acht": 8,
        "neun": 9,
        "zehn": 10,
        "elf": 11,
        "zwölf": 12,
        "dreizehn": 13,
        "vierzehn": 14,
        "fünfzehn": 15,
        "sechzehn": 16,
        "siebzehn": 17,
        "achtzehn": 18,
        "neunzehn": 19,
        "zwanzig": 20,
        "dreissig": 30,
        "vierzig": 40,
        "fünfzig": 50,
        "sechzig": 60,
        "siebzig": 70,
        "achtzig": 80,
        "neunzig": 90,
    },
    denials=words("nicht kein keine keinen keinem keiner nie niemals ohne"),
    denial_endings=Absent("German negates with words of their own"),
    non_denials=Absent("not collected"),
    follow_up_openers=phrases("und|aber|oder|auch|warum|wieso|was ist mit"),
    pronouns=words("er ihn ihm ihr ihre ihnen dies diese dieser dieses davon dazu damit dort"),
    final_pronouns=Absent("not collected"),
    several_documents=("welche", "wie viele", "alle"),
    instruction_words=words("dokumente dateien liste alle"),
    question_fillers=Absent("not collected"),
    stemmer="german",
    # Dutch and the Nordic languages link their compounds with some of these too.
    compound_links=("s", "n", "e", "es", "en", "er", "ens"),
    plural_endings=("e", "n", "s"),
    inflections=("- e en es em s", "e en er es em", "ied ieder", "el eln", "er ern", "in innen", "is isse"),
)
