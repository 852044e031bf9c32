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

SUBJECTS_OF_LETTERS = SUBJECTS | {"re", "betr.", "concerne"}
"""The same, in mails and in letters."""

RECIPIENTS = frozenset(
    "to|cc|bcc|an|kopie|à|a|para|per|aan|till|til|kopi|komu|do|vastaanottaja|címzett|kime|кому|προς|收件人|抄送|宛先"
    "|받는 사람|참조".split("|")
)
"""Labels of the recipients, in lower case."""

DATES = frozenset(
    "date|sent|datum|gesendet|gesendet am|envoyé|fecha|enviado|enviada em|data|inviato|verzonden|skickat"
    "|sendt|dato|wysłano|odesláno|lähetetty|elküldve|tarih|gönderildi|дата|отправлено|ημερομηνία|发送时间|日期|送信日時|日付"
    "|보낸 날짜|날짜".split("|")
)
"""Labels of the date, in lower case."""

MAIL_WORDS = frozenset(
    "mail mails email emails message messages send sends sent wrote write writes written reply replied "
    "forward forwarded receive received "
    "nachricht nachrichten schrieb schreibt geschrieben schickte geschickt gesendet weitergeleitet erhalten "
    "courriel envoyé envoya écrit écrivit reçu "
    "correo mensaje envió enviado escribió escrito recibió".split()
)
"""Words of a question about a mail, and not about what it says."""

RECEIVING = frozenset("whom receive received wem wen erhalten reçu recibió".split())
"""Words of a question for the person that a mail was sent to, besides one that ends with *to*."""

SUBJECT_WORDS = SUBJECTS | {"subjects", "betreffzeile"}
"""Words of a question for the subject of a mail."""

ATTRIBUTION = r"(?:on|am|le|el)\b[^\n]{4,160}(?:\bwrote|\bschrieb\b[^\n]{0,80}|\ba écrit|\bescribió)\s?:"
"""The line above a quoted mail that names its writer and date, as a pattern."""
