"""How the numbers are called by which states identify people and companies, in the languages of each state.

Many of these numbers are a row of digits with a weak check digit or none. Such a number is recognised only
beside its name. Entries are regular expressions for whole words, matched without regard to case.
"""

from collections.abc import Mapping

_TAX = r"tax (?:id|number|no|file number)|taxpayer|tin"
_IDENTITY = r"national id|identity (?:number|no|card)|personal (?:number|code|id)|id (?:number|no|card)"

NUMBER_NAMES: Mapping[str, str] = {
    "ar.cuit": r"cuit|cuil",
    "at.tin": rf"steuernummer|abgabenkonto\w*|st\.?-?nr|{_TAX}",
    "at.vnr": r"sozialversicherungsnummer|versicherungsnummer|sv-?nr|svnr|social (?:security|insurance)",
    "au.tfn": rf"tfn|{_TAX}",
    "be.nn": r"rijksregister\w*|num[ée]ro national|registre national|nrn|insz|niss|nationalnummer|"
    r"national number",
    "bg.egn": r"egn|егн|" + _IDENTITY,
    "br.cpf": r"cpf",
    "br.cnpj": r"cnpj",
    "ca.sin": r"sin|nas|social insurance|assurance sociale",
    "ch.ssn": r"ahv\w*|avs|navs13|nss|sozialversicherungsnummer|social security",
    "co.nit": r"nit",
    "cz.rc": r"rodn[ée] [čc][íi]sl[oa]|birth number|r[čc]|" + _IDENTITY,
    "de.idnr": rf"steuer-?id\w*|steuerliche identifikationsnummer|identifikationsnummer|idnr|id-nr|{_TAX}",
    "dk.cpr": r"cpr\w*|personnummer|" + _IDENTITY,
    "ec.ci": r"c[ée]dula|ci",
    "es.dni": r"dni|nif|documento nacional",
    "fr.nif": r"num[ée]ro fiscal|spi|nif|identifiant fiscal|" + _TAX,
    "fr.nir": r"s[ée]curit[ée] sociale|nir|num[ée]ro de s[ée]cu\w*|social security",
    "gb.nhs": r"nhs",
    "gb.utr": r"utr|unique taxpayer",
    "gr.amka": r"amka|αμκα",
    "hr.oib": r"oib|" + _IDENTITY,
    "ie.pps": r"pps\w*|" + _TAX,
    "il.idnr": r"teudat zehut|israeli id|mispar zehut|" + _IDENTITY,
    "in_.aadhaar": r"aadh?aa?r|uidai|uid",
    "in_.pan": r"pan|permanent account",
    "it.codicefiscale": r"codice fiscale|c\.?f|" + _TAX,
    "my.nric": r"nric|mykad|kad pengenalan|" + _IDENTITY,
    "nl.bsn": r"bsn|burgerservicenummer|sofi-?nummer|citizen service",
    "nz.ird": r"ird|" + _TAX,
    "pe.cui": r"dni|cui",
    "pl.pesel": r"pesel\w*|" + _IDENTITY,
    "pl.nip": r"nip|" + _TAX,
    "pt.nif": r"nif|contribuinte|nipc|" + _TAX,
    "ru.inn": r"инн|inn|" + _TAX,
    "se.personnummer": r"personnummer|personnr|pnr|samordningsnummer|" + _IDENTITY,
    "tr.tckimlik": r"t\.?c\.?(?: ?kimlik)?|kimlik|" + _IDENTITY,
    "ua.rntrc": r"рнокпп|rntrc|ідентифікаційний|" + _TAX,
    "us.ein": r"ein|fein|employer identification|irs|" + _TAX,
    "us.itin": r"itin|" + _TAX,
    "us.ssn": r"ssn|social security|soc\.? sec\.?",
}
"""Names by the module of python-stdnum that checks the number."""
