"""How the numbers are called by which states identify people and companies, in the languages of each state.

Many of these numbers are a row of digits with a weak check digit or none. Such a number is recognised only
beside its name. Entries are regular expressions for whole words, matched without regard to case.
"""

from collections.abc import Mapping

ANY_NUMBER = (
    r"(?:national|citizen|personal|resident|civil) (?:id\w*|insurance|number|no|code)",
    r"(?:identity|identification|id[- ]card|identity card|passport) (?:number|no|code|document)",
    r"tax (?:id\w*|number|no|code|file number|reference)|taxpayer\w*|tin",
    r"social (?:security|insurance)|ssn|insurance (?:number|no)",
    r"(?:health|patient|medical) (?:number|no|card|id)",
    r"ausweisn\w+|personalausweis\w*|personenkennz\w+|steuern\w+|steuer-?id\w*|identifikationsn\w+",
    r"sozialversicherung\w*|versicherungsn\w+|versichertenn\w+|svnr|sv-?nr|krankenversichert\w+",
    r"num[ée]ro (?:national|fiscal|d.identit\w+|d.assur\w+|de s[ée]cu\w*)|carte d.identit\w+",
    r"identifiant (?:fiscal|national)|s[ée]curit[ée] sociale|nif",
    r"documento (?:nacional|de identidad)|identidad|identificaci[óo]n|n[úu]mero fiscal|c[ée]dula",
    r"seguridad social|contribuinte|identidade|nif",
    r"codice fiscale|carta d.identit\w+|burgerservice\w*|identiteits\w+|persoonsn\w+|personnummer\w*",
    r"henkil[öo]tunnus|rodn[ée] [čc][íi]sl[oa]|fødselsnummer",
)
"""Names that fit the number of any state."""

NUMBER_NAMES: Mapping[str, str] = {
    "ar.cuit": r"cuit|cuil",
    "at.tin": r"abgabenkonto\w*|st\.?-?nr",
    "at.vnr": r"sozialversicherungsnummer|versicherungsnummer|sv-?nr|svnr|social (?:security|insurance)",
    "au.tfn": r"tfn",
    "be.nn": r"rijksregister\w*|registre national|nrn|insz|niss|nationalnummer",
    "bg.egn": r"egn|егн",
    "br.cpf": r"cpf",
    "br.cnpj": r"cnpj",
    "ca.sin": r"sin|nas|social insurance|assurance sociale",
    "ch.ssn": r"ahv\w*|avs|navs13|nss|sozialversicherungsnummer|social security",
    "co.nit": r"nit",
    "cz.rc": r"rodn[ée] [čc][íi]sl[oa]|birth number|r[čc]",
    "de.idnr": r"steuer-?id\w*|steuerliche identifikationsnummer|identifikationsnummer|idnr|id-nr",
    "dk.cpr": r"cpr\w*|personnummer",
    "ec.ci": r"c[ée]dula|ci",
    "es.dni": r"dni|nif|documento nacional",
    "fr.nif": r"num[ée]ro fiscal|spi|nif|identifiant fiscal",
    "fr.nir": r"s[ée]curit[ée] sociale|nir|num[ée]ro de s[ée]cu\w*|social security",
    "gb.nhs": r"nhs",
    "gb.nino": r"nino|ni (?:number|no)|national insurance",
    "gb.utr": r"utr|unique taxpayer",
    "gr.amka": r"amka|αμκα",
    "hr.oib": r"oib",
    "ie.pps": r"pps\w*",
    "il.idnr": r"teudat zehut|israeli id|mispar zehut",
    "in_.aadhaar": r"aadh?aa?r|uidai|uid",
    "in_.pan": r"pan|permanent account",
    "it.codicefiscale": r"codice fiscale|c\.?f",
    "luhn": r"nss|imss|seguro social",
    "my.nric": r"nric|mykad|kad pengenalan",
    "nl.bsn": r"bsn|burgerservicenummer|sofi-?nummer|citizen service",
    "nz.ird": r"ird",
    "pe.cui": r"dni|cui",
    "pl.pesel": r"pesel\w*",
    "pl.nip": r"nip",
    "pt.nif": r"nif|contribuinte|nipc",
    "ru.inn": r"инн|inn",
    "se.personnummer": r"personnummer|personnr|pnr|samordningsnummer",
    "tr.tckimlik": r"t\.?c\.?(?: ?kimlik)?|kimlik",
    "ua.rntrc": r"рнокпп|rntrc|ідентифікаційний",
    "us.ein": r"ein|fein|employer identification|irs",
    "us.itin": r"itin",
    "us.ssn": r"ssn|social security|soc\.? sec\.?",
}
"""Further names, by the module of python-stdnum that checks the number."""
