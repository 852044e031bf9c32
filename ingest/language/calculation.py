"""The words of questions whose answer is computed: counts, lists, sums, and cells of tables.

One table for each language (`ingest.language.calculations`), merged like the others.
"""

from ingest.language.calculations import ENGLISH, FRENCH, GERMAN, SPANISH
from ingest.language.definition import phrases, words

CALCULATIONS = (ENGLISH, GERMAN, FRENCH, SPANISH)
"""The tables that are merged."""


def _merged(lists: list[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*lists)


# The lists of all languages merged; `Calculation` says what each is for.

COUNT = tuple(entry for table in CALCULATIONS for entry in table.count)
NUMBER_OF = tuple(entry for table in CALCULATIONS for entry in table.number_of)
LISTING = tuple(entry for table in CALCULATIONS for entry in table.listing)
EXISTENCE = tuple(entry for table in CALCULATIONS for entry in table.existence)
TOTAL = tuple(entry for table in CALCULATIONS for entry in table.total)
AVERAGE = tuple(entry for table in CALCULATIONS for entry in table.average)
HIGHEST = tuple(entry for table in CALCULATIONS for entry in table.highest)
LOWEST = tuple(entry for table in CALCULATIONS for entry in table.lowest)
RATES = tuple(entry for table in CALCULATIONS for entry in table.rates)
BY = tuple(entry for table in CALCULATIONS for entry in table.by)
PER = tuple(entry for table in CALCULATIONS for entry in table.per)
MENTION = tuple(entry for table in CALCULATIONS for entry in table.mention)
OVER = tuple(entry for table in CALCULATIONS for entry in table.over)
UNDER = tuple(entry for table in CALCULATIONS for entry in table.under)
BEFORE_COMMAS = tuple(
    entry
    for table in CALCULATIONS
    if table is not ENGLISH
    for entry in (*table.over, *table.under, *table.at_least, *table.at_most)
)
"""Patterns before a limit in languages that write decimals after a comma."""
AT_LEAST = tuple(entry for table in CALCULATIONS for entry in table.at_least)
AT_MOST = tuple(entry for table in CALCULATIONS for entry in table.at_most)
AFTER = tuple(entry for table in CALCULATIONS for entry in table.after)
LATER = tuple(entry for table in CALCULATIONS for entry in table.later)
BEFORE = tuple(entry for table in CALCULATIONS for entry in table.before)
DOCUMENT_NOUNS = {noun: types for table in CALCULATIONS for noun, types in table.documents.items()}
TEXT_NOUNS = words("paper papers texts writings records unterlagen papiere schriftstucke papiers papeles")
"""Nouns for documents in general, where none is called so itself."""
CONTAINERS = _merged([table.containers for table in CALCULATIONS])
QUANTITIES = _merged([table.quantities for table in CALCULATIONS])
UNIT_PRICES = _merged([table.unit_prices for table in CALCULATIONS])
WHEN = _merged([table.when for table in CALCULATIONS])
STEPS = _merged([table.steps for table in CALCULATIONS])
ROW_NOUNS = _merged([table.rows for table in CALCULATIONS])
STILL = "still|immer noch|noch|encore|toujours|todavia|aun"
"""Words without meaning before a word such as *open*, folded, as a pattern."""
TASK_NOUNS = _merged([table.tasks for table in CALCULATIONS])
OPEN_TASKS = _merged([table.open_tasks for table in CALCULATIONS])
DONE_TASKS = _merged([table.done_tasks for table in CALCULATIONS])
PAID = _merged([table.paid for table in CALCULATIONS])
UNPAID = _merged([table.unpaid for table in CALCULATIONS])
LATE = _merged([table.late for table in CALCULATIONS])
OWING = tuple(entry for table in CALCULATIONS for entry in table.owing)
NOT_PAID = tuple(entry for table in CALCULATIONS for entry in table.not_paid)
SPENT = _merged([table.spent for table in CALCULATIONS])
AFFIRMED = _merged([table.affirmed for table in CALCULATIONS])
DENIED = _merged([table.denied for table in CALCULATIONS])
NOT_YET = phrases("not yet|noch nicht|pas encore|todavia no|aun no")
TOTAL_LABELS = _merged([table.total_labels for table in CALCULATIONS])
BEFORE_TAX = _merged([table.before_tax for table in CALCULATIONS])
AMOUNT_FIELDS = tuple(entry for table in CALCULATIONS for entry in table.amount_fields)
AMOUNT_WORDS = frozenset(word for name in AMOUNT_FIELDS for word in name.split())
UNITS_OF_TIME = {name: unit for table in CALCULATIONS for name, unit in table.units_of_time.items()}
OTHER_OPENERS = tuple(entry for table in CALCULATIONS for entry in table.other_openers)
MONEY_SIGNS = frozenset("€ $ £ eur gbp usd chf".split())
"""Currencies in the names of columns."""
MONEY = _merged([table.money for table in CALCULATIONS])
PRICES = _merged([table.prices for table in CALCULATIONS])
KIND_FIELDS = _merged([table.kind_fields for table in CALCULATIONS])
PARTY_FIELDS = _merged([table.party_fields for table in CALCULATIONS])
DATE_FIELDS = tuple(entry for table in CALCULATIONS for entry in table.date_fields)
NAMES_IN_NUMBERS = _merged([table.names_in_numbers for table in CALCULATIONS])
DIMENSIONS = {name: columns for table in CALCULATIONS for name, columns in table.dimensions.items()}
READINGS = _merged([table.readings for table in CALCULATIONS])
FILLERS = _merged([table.fillers for table in CALCULATIONS])
CONDITIONS = _merged([table.conditions for table in CALCULATIONS])
