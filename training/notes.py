"""Makes private-looking notes by rule: several things of one kind, and questions about one of them.

`records` makes texts about one thing. In what people keep, things stand side by side: two flats in one
letter, ten tasks in the minutes, a table of twelve bookings, a list of rules. There a question finds its
words twice, and what matters is which of them belong together. So each text here is drawn from a few
*entries*, which share their facts and differ in their values. A question asks for one fact of one entry. It
is answered if that entry states that fact; it is not if only the others do, if the entry has another fact
only, or if there is no such entry. The same text is worded as sentences, as lines, as a list or as a table.
"""

import random
from dataclasses import dataclass

from training.records import (
    DEVICES,
    FIRMS,
    MONTHS,
    PLACES,
    RECIPES,
    Value,
    count_of,
    draw_code,
    draw_date,
    draw_money,
    draw_person,
    draw_phone,
    draw_time,
    draw_year,
    informal,
    one_of,
)
from training.rows import Example

MOST_ENTRIES = {"sentences": 4, "lines": 6, "list": 3, "table": 11}
"""Entries of a text at most, by how it is worded."""

GAPS = 0.15
"""Share of the facts that an entry leaves out."""


@dataclass(frozen=True, slots=True)
class Property:
    """A fact that every entry of a kind may state."""

    column: str
    """Its name in a table or a list; other names after a bar."""
    clause: str
    """Its wording after the entry's name, with `{v}`; other wordings after a bar."""
    questions: str
    """Questions for it, with `{s}` for the entry, separated by bars."""
    value: Value
    """Draws the value."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of entry."""

    titles: str
    """Titles of a text with such entries."""
    heads: str
    """The name of the first column."""
    name: Value
    """Draws the name of an entry."""
    properties: tuple[Property, ...]
    """What its entries may state."""


def _length(low: int, high: int) -> Value:
    return lambda c: c.choice(
        [f"{c.randint(low, high)} cm", f"{c.randint(low, high) / 100:.2f} m", f"{c.randint(low, high)} mm"]
    )


_TASKS = (
    "repair the jetty|order the new chairs|write to the insurer|update the website|call the electrician|"
    "prepare the budget|book the hall|print the flyers|check the fire extinguishers|collect the keys|"
    "compare the offers|send the invitations|translate the letter|clean the gutters|file the tax return|"
    "draft the agreement|paint the fence|renew the licence|test the backup|visit the supplier"
).split("|")
_RULED = (
    "smoking|barbecuing on the balcony|keeping dogs|subletting|playing music after ten|parking in the yard|"
    "drying laundry in the attic|working from abroad|private phone calls|bringing guests|photography|"
    "using the lift for removals|flying drones|camping|cycling in the park|eating in the reading room|"
    "changing the lock|painting the walls|storing bicycles in the hall|overtime without approval"
).split("|")
_ITEMS = (
    "desk|office chair|bookshelf|wardrobe|mattress|sofa|carpet|mirror|tent|canoe|suitcase|garden table|monitor|"
    "toolbox|ladder|pram|piano|cupboard|bench|parasol|oak table|bed frame|door|window|tile|crate"
).split("|")
_TRIPS = (
    "Hamburg Leeds Zurich Brussels Madrid Prague Milan Dublin Graz Utrecht Nantes Seville Basel Aarhus Krakow"
).split()
_WORDS = "blue|large|spare|old|new|small|green|folding|second|wooden|white|heavy".split("|")
_COURSES = (
    "yoga|pottery|Spanish for beginners|first aid|swimming|life drawing|choir|chess|photography|bookkeeping|"
    "gymnastics|guitar|judo|creative writing|knitting|welding"
).split("|")
_ROOMS = (
    "kitchen|bathroom|cellar|attic|hall|study|garage|bedroom|living room|workshop|pantry|balcony"
).split("|")
_MEDICINES = (
    "ramipril|metformin|ibuprofen|pantoprazole|cetirizine|levothyroxine|amoxicillin|vitamin D|magnesium|insulin|"
    "bisoprolol|salbutamol"
).split("|")
_ACCOUNTS = (
    "travel|rent|stationery|insurance|heating|telephone|training|repairs|catering|software|postage|cleaning|"
    "advertising|salaries|water|electricity"
).split("|")
_PLANTS = ("tomatoes|roses|the apple tree|lettuce|the hedge|courgettes|beans|the vine|lavender|garlic").split(
    "|"
)
_FILES = (
    "the parser|the scheduler|the login page|the report module|the cache|the importer|the search index|the API|"
    "the mobile app|the backup job|the mail gateway|the billing service"
).split("|")


_BY = Property(
    "due|by|deadline", "must be done by {v}|is due on {v}|has to be finished by {v}",
    "By when must someone {s}?|What is the deadline to {s}?|when is it due to {s}|Until when is there time to {s}?",
    draw_date,
)  # fmt: skip
_WHO = Property(
    "who|responsible|assigned to", "falls to {v}|is taken on by {v}|will be done by {v}|was given to {v}",
    "Who will {s}?|Who has to {s}?|whose task is it to {s}|Who agreed to {s}?", draw_person,
)  # fmt: skip

SORTS = (
    Sort("Actions|Tasks|Minutes: who does what|To do", "task", one_of(*_TASKS), (
        _BY, _WHO,
        Property("cost|budget", "may cost {v}|has a budget of {v}", "What may it cost to {s}?|budget to {s}", draw_money(50, 5000)),
        Property("status|state", "is {v}", "Has someone managed to {s}?|How far along is the plan to {s}?", one_of("done", "open", "in progress", "postponed", "waiting for a reply")))),
    Sort("House rules|Rules|Policy|Staff handbook", "topic", one_of(*_RULED), (
        Property("rule|allowed", "is {v}", "Is {s} allowed?|May I go in for {s}?|What is the rule on {s}?|is {s} forbidden|Can I do this: {s}?",
                  one_of("allowed", "forbidden", "not permitted", "allowed with written consent", "allowed until 22:00", "prohibited at all times", "permitted for residents only")),
        Property("fine|penalty", "costs a fine of {v} if it is done all the same|is fined with {v}", "What is the fine for {s}?|How much must I pay if caught {s}?", draw_money(10, 500)),
        Property("ask|consent from", "needs the consent of {v}", "Whose consent is needed for {s}?|Who must agree to {s}?", draw_person))),
    Sort("Inventory|Measurements|Stock list|Furniture", "item", lambda c: f"{c.choice(_WORDS)} {c.choice(_ITEMS)}", (
        Property("length", "is {v} long|has a length of {v}", "How long is the {s}?|length of the {s}", _length(20, 400)),
        Property("width", "is {v} wide|has a width of {v}", "How wide is the {s}?|width of the {s}", _length(20, 200)),
        Property("height", "is {v} high|stands {v} tall", "How tall is the {s}?|How high is the {s}?|height of the {s}", _length(20, 250)),
        Property("weight", "weighs {v}|has a weight of {v}", "How much does the {s} weigh?|How heavy is the {s}?|weight of the {s}", count_of(1, 90, "kg")),
        Property("price|cost", "cost {v}|was bought for {v}", "What did the {s} cost?|price of the {s}|How expensive was the {s}?", draw_money(10, 2000)),
        Property("colour", "is {v} in colour|comes in {v}", "What colour is the {s}?|colour of the {s}", one_of("grey", "brown", "black", "cream", "red", "navy")),
        Property("material|made of", "is made of {v}", "What is the {s} made of?|material of the {s}", one_of("oak", "steel", "pine", "plastic", "linen", "glass", "aluminium")),
        Property("quantity|number|in stock", "is there {v} times|is in stock {v} times", "How many of the {s} are there?|How often is the {s} in stock?", lambda c: str(c.randint(2, 60))),
        Property("place|location|room", "stands in the {v}|is kept in the {v}", "Where is the {s}?|In which room is the {s}?|where do we keep the {s}", one_of(*_ROOMS)))),
    Sort("Trips|Travel expenses|Journeys|Bookings", "trip", lambda c: f"trip to {c.choice(_TRIPS)}", (
        Property("date|from", "begins on {v}|was on {v}", "When is the {s}?|When did the {s} take place?|date of the {s}", draw_date),
        Property("distance|km", "covers {v}|is {v} long", "How far is the {s}?|How many kilometres was the {s}?", count_of(12, 1900, "km")),
        Property("hotel", "includes a night at the {v}", "Which hotel was booked for the {s}?|Where did we stay on the {s}?", lambda c: c.choice(["Hotel ", "Pension "]) + c.choice(["Adler", "Miramar", "Central", "Krone", "Belvedere"])),
        Property("cost|amount|total", "cost {v}|came to {v}", "What did the {s} cost?|How much was the {s}?|cost of the {s}", draw_money(40, 3000)),
        Property("traveller|who", "was made by {v}|is {v}'s", "Who went on the {s}?|Who made the {s}?", draw_person),
        Property("purpose|reason", "served {v}|was for {v}", "What was the purpose of the {s}?|Why was there a {s}?", one_of("the annual fair", "a client meeting", "the audit", "training", "a family visit", "the handover")),
        Property("by|means", "was made by {v}", "How was the {s} made?|by what means the {s}", one_of("train", "car", "plane", "ferry", "coach")))),
    Sort("Tenants|Flats|Rent roll|Units", "unit", lambda c: c.choice([f"flat {c.randint(1, 30)}", f"unit {c.randint(1, 9)}{c.choice('ABC')}", c.choice(PLACES)]), (
        Property("rent|monthly rent", "rents for {v} a month|costs {v} monthly", "What is the rent of {s}?|How much does {s} cost a month?|rent {s}", draw_money(300, 3000)),
        Property("deposit", "has a deposit of {v}|was secured by {v}", "How high is the deposit of {s}?|deposit {s}", draw_money(500, 9000)),
        Property("tenant", "is let to {v}|is rented by {v}", "Who rents {s}?|Who lives in {s}?|tenant of {s}", draw_person),
        Property("since|lease start", "has been let since {v}", "Since when is {s} let?|When did the lease of {s} begin?", draw_date),
        Property("until|lease end", "is let until {v}", "Until when is {s} let?|When does the lease of {s} end?", draw_date),
        Property("area|size", "has {v}|measures {v}", "How big is {s}?|What is the area of {s}?", count_of(18, 160, "m²")),
        Property("meter|meter number", "has meter {v}", "Which meter belongs to {s}?|meter number of {s}", draw_code))),
    Sort("Bills|Open invoices|Payments|Ledger", "supplier", one_of(*FIRMS), (
        Property("amount|total", "asks for {v}|charged {v}", "How much does {s} charge?|What do we owe {s}?|amount of {s}", draw_money(20, 9000)),
        Property("invoice|number|no.", "wrote invoice {v}", "What is the invoice number of {s}?|Which invoice came from {s}?", draw_code),
        Property("due|payable by", "is due on {v}|must be paid by {v}", "When is {s} due?|When must {s} be paid?", draw_date),
        Property("paid|paid on", "was paid on {v}", "When was {s} paid?|On what day did we pay {s}?", draw_date),
        Property("status", "is {v}", "Has {s} been paid?|What is the status of {s}?", one_of("paid", "open", "overdue", "disputed", "cancelled")),
        Property("VAT|tax", "includes {v} of VAT", "How much VAT is in the bill of {s}?", draw_money(3, 900)),
        Property("for|service", "was for {v}", "What did {s} bill us for?|What was the bill of {s} for?", one_of("window cleaning", "legal advice", "a new boiler", "printing", "two chairs", "hosting")))),
    Sort("Courses|Programme|Autumn term|Club activities", "course", one_of(*_COURSES), (
        Property("day|weekday", "takes place on {v}", "On which day is {s}?|When in the week is {s}?|what day is {s}", one_of("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays")),
        Property("time|begins", "begins at {v}", "At what time does {s} begin?|When does {s} start?", draw_time),
        Property("teacher|led by", "is led by {v}|is taught by {v}", "Who teaches {s}?|Who leads {s}?|teacher of {s}", draw_person),
        Property("fee|price", "costs {v}", "What does {s} cost?|fee for {s}", draw_money(10, 300)),
        Property("room", "meets in {v}", "Where does {s} take place?|In which room is {s}?", lambda c: f"room {c.randint(1, 40)}"),
        Property("places|participants", "has {v}", "How many can take part in {s}?", count_of(4, 30, "places")))),
    Sort("Contacts|Address list|Staff|Phone list", "name", draw_person, (
        Property("phone|tel.", "can be reached at {v}", "What is the phone number of {s}?|How can I ring {s}?|number of {s}", draw_phone),
        Property("role|function|position", "is {v}|works as {v}", "What does {s} do?|What is the position of {s}?|role of {s}", one_of("treasurer", "accountant", "site manager", "nurse", "secretary", "head of sales", "caretaker")),
        Property("birthday|born", "was born on {v}", "When was {s} born?|When is the birthday of {s}?", draw_date),
        Property("office|room", "sits in {v}", "Where does {s} sit?|What is the office of {s}?", lambda c: f"room {c.randint(1, 400)}"),
        Property("salary|pay", "earns {v} a month", "What does {s} earn?|salary of {s}", draw_money(1500, 9000)),
        Property("holiday|leave", "has {v} of leave left", "How much leave has {s} left?", count_of(1, 30, "days")),
        Property("joined|since", "joined on {v}", "When did {s} join?|Since when has {s} been here?", draw_date),
        Property("address|lives", "lives at {v}", "Where does {s} live?|address of {s}", lambda c: f"{c.choice(['Mill Lane', 'Birch Road', 'Elm Street', 'Bell Lane', 'High Street'])} {c.randint(1, 150)}"))),
    Sort("Medication|Medicines|Plan", "medicine", one_of(*_MEDICINES), (
        Property("dose", "is taken in a dose of {v}", "What dose of {s} is taken?|How much {s} does one take?", count_of(1, 900, "mg")),
        Property("when|times", "is taken {v}", "When is {s} taken?|How often is {s} taken?", one_of("in the morning", "twice a day", "at bedtime", "with meals", "every eight hours", "as needed")),
        Property("for|reason", "is for {v}", "What is {s} for?|Why is {s} taken?", one_of("blood pressure", "the stomach", "allergies", "pain", "the thyroid", "an infection")),
        Property("prescribed by|doctor", "was prescribed by {v}", "Who prescribed {s}?", lambda c: "Dr " + draw_person(c).split()[-1]),
        Property("until|stop", "is taken until {v}", "Until when is {s} taken?|When does one stop taking {s}?", draw_date))),
    Sort("Budget {y}|Costs {y}|Expenses|Accounts {y}", "item", one_of(*_ACCOUNTS), (
        Property("planned|budget", "was planned at {v}", "How much was planned for {s}?|What is the budget for {s}?", draw_money(100, 90000)),
        Property("actual|spent", "came to {v}|took {v}", "How much was spent on {s}?|What did {s} really cost?", draw_money(100, 90000)),
        Property("previous year|last year", "was {v} the year before", "What was {s} the year before?|How much did {s} cost last year?", draw_money(100, 90000)),
        Property("change|difference", "changed by {v}", "By how much did {s} change?", lambda c: f"{c.choice(['+', '-'])}{c.randint(1, 60)} %"))),
    Sort("Machines|Equipment|Maintenance|Appliances", "device", one_of(*DEVICES), (
        Property("serviced|last service", "was serviced on {v}", "When was the {s} last serviced?|last service of the {s}", draw_date),
        Property("next service", "must be serviced on {v}", "When is the next service of the {s}?", draw_date),
        Property("interval", "is serviced {v}", "How often is the {s} serviced?", one_of("every month", "twice a year", "yearly", "every 500 hours", "weekly")),
        Property("fault|error", "shows the fault {v}", "What fault does the {s} show?|What is wrong with the {s}?", draw_code),
        Property("power", "draws {v}", "How much power does the {s} draw?", count_of(20, 3000, "watts")),
        Property("warranty", "is under warranty until {v}", "How long is the warranty of the {s}?|Until when is the {s} under warranty?", draw_date))),
    Sort("Release notes|Changes|Project status|Components", "component", one_of(*_FILES), (
        Property("version", "is at version {v}", "Which version of {s} is current?|version of {s}", lambda c: f"{c.randint(0, 9)}.{c.randint(0, 20)}.{c.randint(0, 9)}"),
        Property("owner|maintainer", "belongs to {v}|is maintained by {v}", "Who owns {s}?|Who maintains {s}?", draw_person),
        Property("port", "listens on port {v}", "On which port does {s} listen?|port of {s}", lambda c: str(c.randint(1024, 9999))),
        Property("timeout|limit", "gives up after {v}", "After how long does {s} give up?|timeout of {s}", count_of(1, 120, "seconds")),
        Property("released|date", "was released on {v}", "When was {s} released?", draw_date),
        Property("bug|cause|problem", "failed because of {v}", "Why did {s} fail?|What made {s} fail?", one_of("a full disk", "an expired certificate", "a race", "a wrong time zone", "a missing index")))),
    Sort("Garden diary|Sowing plan|Garden", "plant", one_of(*_PLANTS), (
        Property("sown|planted", "go in on {v}|were planted on {v}", "When are {s} planted?|When did I plant {s}?", draw_date),
        Property("harvest|yield", "gave {v}", "How much did {s} give?|yield of {s}", count_of(1, 60, "kg")),
        Property("water|watering", "need water {v}", "How often do {s} need water?", one_of("daily", "twice a week", "weekly", "only in drought")),
        Property("spacing|distance", "stand {v} apart", "How far apart do {s} stand?", count_of(5, 150, "cm")),
        Property("pruned|cut", "are cut in {v}", "When are {s} cut?|In which month does one prune {s}?", one_of(*MONTHS)))),
    Sort("Recipes|Baking times|Kitchen notes", "dish", one_of(*RECIPES), (
        Property("oven|temperature", "bakes at {v}", "How hot must the oven be for the {s}?|At what temperature does the {s} bake?", count_of(140, 250, "°C")),
        Property("time", "needs {v}", "How long does the {s} bake?|baking time of the {s}", count_of(8, 120, "minutes")),
        Property("butter", "takes {v} of butter", "How much butter does the {s} take?", count_of(20, 300, "g")),
        Property("eggs", "takes {v}", "How many eggs go into the {s}?", count_of(2, 8, "eggs")),
        Property("from|source", "is {v}'s recipe", "Whose recipe is the {s}?|Who is the {s} from?", draw_person))),
)  # fmt: skip

_FILLERS = (
    "The list is kept by the office.", "Please report mistakes.", "As of last week.", "Some of it is estimated.",
    "See also the folder with the receipts.", "This was agreed by all.", "Nothing else has changed.",
    "The rest will be added later.", "Copies are in the cupboard.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    values: tuple[str | None, ...]
    """The value of each property; None where the entry does not state it."""


def note_example(chance: random.Random) -> Example:
    """A question and a text of several entries, one of which answers it in half of the cases."""
    sort = chance.choice(SORTS)
    wording = chance.choice(("sentences", "sentences", "lines", "list", "table", "table"))
    properties = chance.sample(sort.properties, min(len(sort.properties), chance.randint(2, 5)))
    columns = [chance.choice(known.column.split("|")) for known in properties]
    entries = _entries(sort, properties, chance.randint(2, MOST_ENTRIES[wording]), chance)
    title = chance.choice(sort.titles.split("|")).format(y=draw_year(chance))
    asked = chance.choice(entries)
    stated = [place for place, value in enumerate(asked.values) if value is not None]
    missing = [place for place, value in enumerate(asked.values) if value is None]
    draw = chance.random()
    name, answered = asked.name, False
    if draw < 0.5 and stated:
        place, answered = chance.choice(stated), True
        known = properties[place]
    elif draw < 0.6 and missing:  # The fact is there, for the others only.
        place = chance.choice(missing)
        known = properties[place]
    elif draw < 0.82 and len(sort.properties) > len(properties):  # The entry is there; nobody states this.
        place = -1
        known = chance.choice([other for other in sort.properties if other not in properties])
    else:  # No such entry.
        place = -1
        known = chance.choice(properties)
        taken = {entry.name for entry in entries}
        others = [drawn for drawn in (sort.name(chance) for _ in range(8)) if drawn not in taken]
        name = others[0] if others else "the other one"
    text, places = _worded(sort, title, entries, columns, properties, wording, chance)
    span = places.get((asked.name, place)) if answered else None
    question = informal(chance.choice(known.questions.split("|")).format(s=name), chance)
    context = title if chance.random() < 0.7 else ""
    return Example("question", question, context, text, int(answered), span)


def _entries(sort: Sort, properties: list[Property], number: int, chance: random.Random) -> list[_Entry]:
    names: list[str] = []
    for _ in range(4 * number):
        drawn = sort.name(chance)
        if len(names) < number and drawn not in names:
            names.append(drawn)
    return [
        _Entry(
            name,
            tuple(None if chance.random() < GAPS else known.value(chance) for known in properties),
        )
        for name in names
    ]


def _worded(
    sort: Sort,
    title: str,
    entries: list[_Entry],
    columns: list[str],
    properties: list[Property],
    wording: str,
    chance: random.Random,
) -> tuple[str, dict[tuple[str, int], tuple[int, int]]]:
    """The text, and where the value of each entry's property is in it."""
    pieces: list[str] = []
    places: dict[tuple[str, int], tuple[int, int]] = {}

    def write(text: str) -> None:
        pieces.append(text)

    def write_value(entry: _Entry, place: int, before: str, after: str = "") -> None:
        start = sum(map(len, pieces)) + len(before)
        value = str(entry.values[place])
        places[entry.name, place] = (start, start + len(value))
        pieces.append(before + value + after)

    if wording == "table":
        write(" | ".join([sort.heads.capitalize(), *(column.capitalize() for column in columns)]) + "\n")
    elif chance.random() < 0.4:
        write(chance.choice(_FILLERS) + chance.choice(" \n"))
    separator = chance.choice((": ", " - ", ", ", "; "))
    for entry in entries:
        stated = [place for place, value in enumerate(entry.values) if value is not None]
        if wording == "table":
            write(entry.name)
            for place in range(len(properties)):
                if entry.values[place] is None:
                    write(" | ")
                else:
                    write_value(entry, place, " | ")
            write("\n")
        elif wording == "list":
            write(f"{entry.name.capitalize() if chance.random() < 0.5 else entry.name}\n")
            for place in stated:
                write_value(entry, place, f"- {columns[place]}: ", "\n")
        elif wording == "lines":
            write(f"- {entry.name}")
            for number, place in enumerate(stated):
                before = f"{columns[place]} " if chance.random() < 0.8 else ""
                write_value(entry, place, (separator if number == 0 else ", ") + before)
            write("\n")
        else:
            chance.shuffle(stated)
            for number, place in enumerate(stated):
                before, after = chance.choice(properties[place].clause.split("|")).split("{v}")
                subject = _subject(sort, entry.name)
                if number and chance.random() < 0.6:
                    write_value(entry, place, f" and {before}", after)
                else:
                    write(". " if number else "")
                    write_value(entry, place, f"{subject if not number else 'It'} {before}", after)
            write(". " if stated else "")
    return "".join(pieces).rstrip(), places


def _subject(sort: Sort, name: str) -> str:
    """How a sentence about the entry begins."""
    if sort.heads == "task":
        return f"The task to {name}"
    if sort.heads in ("item", "trip", "device", "dish"):
        return f"The {name}"
    return name[0].upper() + name[1:]
