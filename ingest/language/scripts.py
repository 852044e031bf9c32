"""Scripts: which are written without spaces, how they end a sentence, and how they write particles.

For Chinese, Japanese and Korean, overlapping pairs of characters find about as much as a dictionary does
(Nie et al. 2000, "On the Use of Words and N-grams for Chinese Information Retrieval").
"""

from ingest.language.definition import Script

SCRIPTS = (
    Script("Latin, Greek and Cyrillic", "", ".!?…", "", "", "Particles are words, not characters."),
    Script("Arabic", "", "", "؟۔", "", "Particles are words or prefixes, not characters."),
    Script("Devanagari", "", "", "।॥", "", "Particles are words, not characters."),
    Script("Thai and Lao", "\u0e00-\u0eff", "", "", "", "A space ends a sentence, and more than sentences."),
    Script("Burmese and Khmer", "\u1000-\u109f\u1780-\u17ff", "", "", "", "Stops have not been collected."),
    Script("kana", "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff", "", "。！？｡", "\u3041-\u309f", ""),
    Script(
        "Han",
        "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
        "",
        "。！？｡",
        "",
        "A particle's character is part of other words too.",
    ),
    Script(
        "Hangul",
        "\u1100-\u11ff\uac00-\ud7af",
        "",
        "",
        "",
        "Words are separated by spaces but carry their particles, so they are indexed as pairs of syllables "
        "all the same. Sentences end as in Latin script.",
    ),
)
