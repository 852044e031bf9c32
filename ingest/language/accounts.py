"""Words of money that comes in and of money that is spent, in all languages merged and folded."""

import re

from ingest.language.definition import words

INCOMING = words(
    "income revenue revenues takings earnings einnahme einnahmen einkunfte recette recettes ingreso ingresos"
)
OUTGOING = words(
    "expense expenses expenditure expenditures spending outgoings ausgabe ausgaben depense depenses gasto "
    "gastos"
)
"""Words in the names of tables and columns of money that comes in, and of money that is spent."""

CREDITS = INCOMING | words("credit credits in haben gutschrift gutschriften haber abono abonos")
DEBITS = OUTGOING | words("debit debits out soll lastschrift lastschriften belastung debe cargo cargos")
"""The same in the names of the columns of a statement, which has one of each."""

RECEIVING = INCOMING | words(
    "receive receives received earn earns earned eingenommen erhalten recu recus gagne recibido ganado"
)
SPENDING = OUTGOING | words(
    "spend spends spent cost costs ausgegeben kostet kostete gekostet depense coute couter gastado cuesta "
    "costo"
)
"""Words that ask for money that came in, and for money that was spent. Who pays may be on either side."""

WE_PAID = re.compile(
    r"\b(?:(?:did|do|have|had) (?:we|i) (?:\w+ ){0,2}(?:pay|paid)"
    r"|(?:haben|habe|hatten) (?:wir|ich) .*(?:be|ge)zahlt|zahlten wir|(?:avons nous|ai je|a t on) paye"
    r"|(?:hemos|he) pagado|pagamos)\b"
)
"""Words, folded, by which the one who asks is the one who paid."""

CAME_IN = re.compile(r"\b(?:came|come|comes|coming|was paid|went) into?\b|\b(?:came|come|comes|coming) in\b")
WENT_OUT = re.compile(r"\b(?:went|go|goes|going|gone) out\b|\b(?:went|goes) off\b")
"""Words, folded, for money that moves, with no payer named."""

TAXES = words("vat tax taxes gst mwst ust mehrwertsteuer umsatzsteuer steuer tva taxe taxes iva impuesto")
"""Names of taxes: a bill that says that there are none is not about them."""
