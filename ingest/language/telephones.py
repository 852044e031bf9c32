"""Words before a telephone number, in all languages."""

TELEPHONES = (
    r"tele?ph?one?s?|phones?|tel|mob(?:ile)?|cell(?:phone)?|fax|landline|hotline|call|whatsapp|dial|ring",
    r"telefon\w*|tel\.?-?nr|mobil\w*|handy\w*|festnetz|rufnummer|durchwahl|anrufen|fon|funk",
    r"t[ée]l[ée]phone|t[ée]l|portable|gsm|télécopie|appelez",
    r"tel[ée]fono|tfno|m[óo]vil|celular|llam(?:ar|e)",
    r"cellulare|telefoon\w*|telem[óo]vel|telefone|kom(?:órka)?|puhelin|matkapuhelin|mobiltelefon",
)
"""What a telephone number is called."""
