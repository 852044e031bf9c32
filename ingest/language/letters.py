"""How mail programs label the sender and the subject of a message that a reply repeats, by language."""

SENDERS = frozenset(
    # English, German, French, Spanish and Portuguese, Italian, Dutch, Swedish, Danish and Norwegian, Polish
    "from|von|de|expéditeur|da|mittente|van|från|fra|od"
    # Czech and Slovak, Finnish, Hungarian, Turkish, Russian, Greek, Chinese, Japanese, Korean
    "|odesílatel|lähettäjä|feladó|kimden|gönderen|от|από|发件人|寄件者|差出人|보낸 사람".split("|")
)
"""Labels of the sender, in lower case."""

SUBJECTS = frozenset(
    "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|předmět|predmet|aihe|tárgy|konu"
    "|тема|θέμα|主题|主題|主旨|件名|제목".split("|")
)
"""Labels of the subject, in lower case."""
