"""Makes private-looking records by rule, with questions that they answer and questions that they almost answer.

No public set has leases, invoices or club minutes with questions, and nobody's own may be used. So each record
is drawn: an owner or a thing, a kind of record, some of its facts, each worded as a sentence, as `label:
value` or as a row of a table. A question asks for one fact in words of its own. It is answered by its record;
it is not by the record of another owner, thing or year, nor by one that lacks this fact and has its
neighbours. That is all that a reader has to learn here: whose, which and when must fit as well as what.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from training.rows import Example

Value = Callable[[random.Random], str]
"""Draws a value."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a kind of record says."""

    labels: tuple[str, ...]
    """Its names in a list or a table."""
    sentences: tuple[str, ...]
    """Its wordings in prose, with `{v}` for the value and `{s}` for the subject."""
    questions: tuple[str, ...]
    """Questions for it, with `{s}` for the subject."""
    value: Value
    """Draws the value."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record."""

    subjects: tuple[str, ...]
    """What the record may be about: `{n}` a person, `{f}` a firm, `{p}` a place, `{y}` a year, `{k}` a number."""
    titles: tuple[str, ...]
    """Titles, with `{s}` for the subject."""
    facts: tuple[Fact, ...]
    """What it says."""


FIRST = (
    "Ada Amir Anneke Bea Boris Carla Cem Clara Dagny Dario Edda Elif Emil Fay Fiona Georg Gita Hanna Hugo Ida "
    "Igor Ines Ivo Jana Jonas Kaja Karim Lara Leo Lotte Malik Mara Milo Nadia Nils Olga Omar Paula Petra Quentin "
    "Rafael Rosa Ruben Selma Silvio Tara Theo Uma Vera Viktor Wanda Yara Yusuf Zoe"
).split()
LAST = (
    "Abel Adler Bakker Barlow Brandt Castell Dimitrov Dorn Ekström Falk Farrow Greco Haas Halloran Hartmann "
    "Iversen Janssen Kaplan Keller Kovac Lange Lindgren Marsh Mendes Moreau Nakamura Novak Okafor Ortiz Pell "
    "Petrov Quist Rahimi Reuter Rossi Sander Schmid Silva Sorensen Tanaka Thorne Ulrich Vance Voss Wexler Winter "
    "Yilmaz Zeller"
).split()
FIRMS = (
    "Alder Heating|Bright & Sons|Cobalt Energy|Delta Roofing|Elmwood Clinic|Fernway Insurance|Granite Bank|"
    "Harbour Dental|Ivory Travel|Juniper Media|Kestrel Mobile|Lakeside Motors|Meridian Water|Northgate Housing|"
    "Orchard Foods|Pinnacle Gym|Quarry Kitchens|Redwood School|Solace Legal|Tidewater Electric"
).split("|")
PLACES = (
    "Mill Lane 4|Harbour Street 12|Flat 3, Rosewood Court|Flat 7, Rosewood Court|the garden flat|the boathouse|"
    "the village hall|the workshop|the allotment|Birch Road 88|the holiday cottage|the garage in Elm Street|"
    "the upper flat|the lower flat|Station Road 21|the community centre|the shop in Bell Lane|the cabin"
).split("|")
MONTHS = ("January February March April May June July August September October November December").split()


def draw_person(c: random.Random) -> str:
    return f"{c.choice(FIRST)} {c.choice(LAST)}"


def draw_year(c: random.Random) -> str:
    return str(c.randint(2009, 2027))


def draw_date(c: random.Random) -> str:
    day, month, year = c.randint(1, 28), c.choice(MONTHS), draw_year(c)
    number = MONTHS.index(month) + 1
    return c.choice(
        [
            f"{day} {month} {year}",
            f"{month} {day}, {year}",
            f"{year}-{number:02}-{day:02}",
            f"{day:02}.{number:02}.{year}",
        ]
    )


def draw_money(low: int, high: int) -> Value:
    def draw(c: random.Random) -> str:
        amount = c.randint(low, high)
        text = c.choice([f"{amount:,}", f"{amount}", f"{amount:,}.{c.randint(0, 99):02}"])
        return c.choice([f"{text} EUR", f"€{text}", f"${text}", f"£{text}", f"{text} CHF"])

    return draw


def count_of(low: int, high: int, unit: str) -> Value:
    return lambda c: f"{c.randint(low, high)} {unit}"


def one_of(*choices: str) -> Value:
    return lambda c: c.choice(choices)


def draw_code(c: random.Random) -> str:
    letters = "".join(c.choice("ABCDEFGHKLMNPRSTUVWXYZ") for _ in range(c.randint(1, 3)))
    return f"{letters}{c.choice(['-', '', '/', ' '])}{c.randint(100, 999999)}"


def draw_phone(c: random.Random) -> str:
    return f"0{c.randint(20, 99)} {c.randint(100, 999)} {c.randint(1000, 9999)}"


def draw_time(c: random.Random) -> str:
    return f"{c.randint(0, 23):02}:{c.choice(['00', '15', '30', '45'])}"


def _fact(labels: str, sentences: str, questions: str, value: Value) -> Fact:
    return Fact(tuple(labels.split("|")), tuple(sentences.split("|")), tuple(questions.split("|")), value)


_START = _fact(
    "start|begins|from",
    "It starts on {v}.|The contract for {s} runs from {v}.|{s}: beginning {v}.",
    "When does {s} start?|from when on does {s} run|start date {s}",
    draw_date,
)
_END = _fact(
    "end|until|expires",
    "It ends on {v}.|The contract expires on {v}.|{s} runs until {v}.",
    "When does {s} end?|Until when is {s} valid?|how long does {s} run|when is {s} over",
    draw_date,
)
_NOTICE = _fact(
    "notice period|termination",
    "Either side can give notice of {v}.|Notice period: {v}.",
    "What is the notice period for {s}?|How far ahead must I cancel {s}?|how much notice do I have to give for {s}",
    one_of("one month", "three months", "six weeks", "14 days", "two months to the end of a quarter"),
)
_CONTACT = _fact(
    "contact|responsible|person in charge",
    "{v} is responsible for it.|Please turn to {v}.|Contact: {v}.",
    "Who is the contact for {s}?|Who do I turn to about {s}?|who is in charge of {s}",
    draw_person,
)
_PHONE = _fact(
    "phone|tel.",
    "Call {v}.|The phone number is {v}.",
    "What is the phone number for {s}?|How can I ring about {s}?",
    draw_phone,
)
_NUMBER = _fact(
    "number|reference|no.",
    "The number is {v}.|Reference {v}.",
    "What is the number of {s}?|reference number {s}",
    draw_code,
)
_PAID = _fact(
    "paid by|payment|method",
    "It is paid by {v}.|Payment by {v}.",
    "How is {s} paid?|How do I pay for {s}?",
    one_of("direct debit", "bank transfer", "credit card", "standing order", "cash on arrival"),
)

KINDS = (
    Kind(("the lease of {p}", "{n}'s lease", "{p}", "the tenancy of {n}"), ("Lease {s}", "{s}", "Rental agreement", "Tenancy {y}"), (
        _fact("rent|monthly rent|rent per month", "The rent is {v} a month.|Every month {v} are due.|The tenant pays {v} monthly.",
              "How much is the rent of {s}?|What does {s} cost per month?|What do I pay monthly for {s}?|rent {s}", draw_money(300, 3000)),
        _fact("deposit|security", "A deposit of {v} was paid.|The tenant leaves {v} as security.",
              "How high is the deposit for {s}?|What security was paid for {s}?|deposit {s}", draw_money(500, 9000)),
        _fact("service charges|utilities", "Service charges are {v}.|On top come {v} for heating and water.",
              "What are the service charges of {s}?|How much are heating and water for {s}?", draw_money(60, 500)),
        _fact("keys", "{v} were handed over.|The tenant received {v}.", "How many keys were handed over for {s}?", count_of(1, 6, "keys")),
        _fact("landlord|owner|lessor", "The landlord is {v}.|It is let by {v}.", "Who is the landlord of {s}?|Who lets {s}?|Who owns {s}?", draw_person),
        _fact("tenant|lessee", "The tenant is {v}.|{v} rents it.", "Who rents {s}?|Who is the tenant of {s}?", draw_person),
        _fact("pets|animals", "Pets: {v}.|Keeping animals is {v}.", "May I keep a dog in {s}?|Are animals allowed in {s}?",
              one_of("allowed with written consent", "forbidden", "allowed, at most two")),
        _fact("area|size", "It has {v}.|The area is {v}.", "How big is {s}?|How many square metres has {s}?", count_of(18, 180, "square metres")),
        _START, _END, _NOTICE)),
    Kind(("the invoice from {f}", "invoice {k}", "{f}'s bill of {y}", "the {f} invoice to {n}"), ("Invoice {s}", "{f}", "Bill {y}"), (
        _fact("total|amount due|to pay", "The total is {v}.|Please pay {v}.|Amount due: {v}.",
              "How much is {s}?|What is the total of {s}?|what do I owe for {s}|how much did {s} come to", draw_money(20, 9000)),
        _fact("VAT|tax", "This includes {v} of VAT.|Tax: {v}.", "How much VAT is in {s}?|What tax is on {s}?", draw_money(3, 900)),
        _fact("due|payable by|due date", "It is payable by {v}.|Due on {v}.", "When is {s} due?|By when must {s} be paid?|payment deadline {s}", draw_date),
        _fact("issued|date", "It was issued on {v}.|Dated {v}.", "When was {s} issued?|What date is on {s}?", draw_date),
        _fact("hours|labour", "{v} of work were charged.|Labour: {v}.", "How many hours were charged in {s}?", count_of(1, 60, "hours")),
        _fact("discount", "A discount of {v} was given.", "What discount did {s} have?|Was anything taken off {s}?", one_of("2 %", "3 %", "5 %", "10 %")),
        _fact("IBAN|account", "Transfer it to {v}.", "To which account is {s} paid?", draw_code),
        _NUMBER, _PAID, _CONTACT)),
    Kind(("{n}'s insurance", "the household insurance with {f}", "the car insurance of {n}", "the policy for {p}"), ("Policy {s}", "{s}", "Insurance {y}"), (
        _fact("premium|yearly premium", "The premium is {v} a year.|{v} are charged yearly.", "What is the premium of {s}?|What does {s} cost a year?|how much do I pay for {s}", draw_money(60, 2500)),
        _fact("excess|deductible", "The excess is {v} per claim.|You bear {v} of each claim yourself.", "What is the excess of {s}?|How much of a claim do I bear with {s}?", draw_money(50, 1500)),
        _fact("sum insured|cover", "It covers up to {v}.|The sum insured is {v}.", "Up to what sum does {s} cover?|How much is insured by {s}?", draw_money(10000, 900000)),
        _fact("not covered|exclusions", "{v} is not covered.|Excluded: {v}.", "What does {s} not cover?|What is excluded from {s}?", one_of("Flood damage", "Bicycle theft outdoors", "Glass breakage", "Gross negligence", "Travel outside Europe")),
        _fact("claims to|hotline", "Report damage to {v}.", "Where do I report damage under {s}?", draw_phone),
        _NUMBER, _START, _END, _NOTICE, _CONTACT)),
    Kind(("{n}'s payslip for {m} {y}", "the salary of {n} in {y}", "{n}"), ("Payslip {s}", "Salary statement", "{n}, {m} {y}"), (
        _fact("gross|gross pay", "Gross pay was {v}.|Before deductions: {v}.", "What is the gross pay of {s}?|What does {s} earn before tax?", draw_money(1500, 9000)),
        _fact("net|paid out", "{v} were paid out.|Net pay: {v}.", "What was paid out to {s}?|What is the net pay of {s}?|take-home pay {s}", draw_money(1200, 6000)),
        _fact("income tax|tax", "Income tax was {v}.|{v} went to tax.", "How much tax did {s} pay?|income tax {s}", draw_money(100, 2500)),
        _fact("overtime", "{v} of overtime were paid.", "How much overtime has {s}?", count_of(1, 40, "hours")),
        _fact("leave|holiday left", "{v} of leave are left.", "How many days off has {s} left?|remaining holiday {s}", count_of(1, 30, "days")),
        _fact("employer|company", "The employer is {v}.", "Who employs {s}?|Where does {s} work?", lambda c: c.choice(FIRMS)))),
    Kind(("the meeting of {m} {y}", "the board meeting in {p}", "the parents' evening", "the club's meeting of {y}"), ("Minutes: {s}", "Minutes {y}", "{s}"), (
        _fact("chair|chaired by", "{v} was in the chair.|{v} led the meeting.", "Who chaired {s}?|Who led {s}?", draw_person),
        _fact("minutes|taken by", "{v} took the minutes.", "Who took the minutes of {s}?|who wrote up {s}", draw_person),
        _fact("treasurer|accounts", "{v} presented the accounts.|{v} was elected treasurer.", "Who is responsible for the money according to {s}?|Who became treasurer at {s}?", draw_person),
        _fact("decided|resolution", "It was decided to {v}.|The members agreed to {v}.", "What was decided at {s}?|What did {s} agree on?",
              one_of("replace the roof", "raise the fee", "buy a new printer", "postpone the repair", "hire a gardener", "cancel the summer party")),
        _fact("fee|membership fee", "The fee becomes {v} a year.|From next year members pay {v}.", "How high is the membership fee after {s}?|What do members pay since {s}?", draw_money(10, 300)),
        _fact("present|attendance", "{v} were present.", "How many people were at {s}?", count_of(3, 90, "members")),
        _fact("next meeting|next date", "The next meeting is on {v}.", "When does one meet again after {s}?|next meeting after {s}", draw_date))),
    Kind(("{n}'s visit to {f}", "the treatment of {n}", "{n}"), ("Report {s}", "Letter from {f}", "{n}"), (
        _fact("diagnosis|finding", "The finding is {v}.|Diagnosis: {v}.", "What is the diagnosis of {s}?|What does {s} suffer from?", one_of("a mild iron deficiency", "high blood pressure", "a torn ligament", "seasonal asthma", "an allergy to penicillin", "a caries of tooth 26")),
        _fact("medicine|prescribed", "{v} was prescribed.|Take {v}.", "What was prescribed for {s}?|Which medicine should {s} take?", one_of("ramipril 5 mg once daily", "ibuprofen 400 mg as needed", "an iron supplement", "cetirizine 10 mg in the evening", "amoxicillin three times a day")),
        _fact("blood pressure", "The blood pressure was {v}.", "What was the blood pressure of {s}?", lambda c: f"{c.randint(100, 170)}/{c.randint(60, 100)}"),
        _fact("check-up|next appointment", "Please come again on {v}.|Next appointment: {v}.", "When is the next appointment after {s}?|When must {s} come again?", draw_date),
        _fact("doctor|treated by", "{v} examined the patient.|Treated by {v}.", "Who examined {s}?|Which doctor saw {s}?", lambda c: "Dr. " + c.choice(LAST)),
        _fact("sick leave|unfit for work", "Unfit for work until {v}.", "Until when is {s} off sick?", draw_date))),
    Kind(("the trip to {c}", "{n}'s flight to {c}", "the hotel in {c}"), ("Booking {s}", "{s}", "Itinerary {y}"), (
        _fact("departure|leaves", "It leaves at {v}.|Departure is at {v}.", "When does {s} leave?|departure time {s}", draw_time),
        _fact("arrival|arrives", "Arrival is at {v}.", "When does one arrive on {s}?|arrival time {s}", draw_time),
        _fact("seat|seats", "The seat is {v}.", "Which seat is booked for {s}?|where do I sit on {s}", lambda c: f"{c.randint(1, 40)}{c.choice('ABCDEF')}"),
        _fact("price|fare", "It costs {v}.|The fare was {v}.", "What does {s} cost?|How much was {s}?", draw_money(30, 3000)),
        _fact("luggage|baggage", "{v} of luggage are included.", "How much luggage is included in {s}?|what may I take along on {s}", count_of(8, 32, "kg")),
        _fact("cancellation|free until", "Cancelling is free until {v}.", "Until when can {s} be cancelled free of charge?", draw_date),
        _fact("booking code|reference", "The booking code is {v}.", "What is the booking code of {s}?", draw_code),
        _fact("breakfast", "Breakfast {v}.", "Is breakfast included in {s}?", one_of("is included", "is not included", "costs 14 EUR a day")))),
    Kind(("the {d}", "the {d} of {n}", "the {d} from {f}"), ("Warranty: {s}", "{s}", "Manual {s}"), (
        _fact("warranty|guarantee", "The warranty lasts {v}.|It is guaranteed for {v}.", "How long is the warranty on {s}?|guarantee of {s}", one_of("two years", "three years", "five years", "24 months", "ten years on the motor")),
        _fact("bought|purchase date", "It was bought on {v}.", "When was {s} bought?", draw_date),
        _fact("price|paid", "It cost {v}.", "What did {s} cost?|price of {s}", draw_money(40, 4000)),
        _fact("serial number|serial", "The serial number is {v}.", "What is the serial number of {s}?", draw_code),
        _fact("dealer|bought from", "It came from {v}.", "Where was {s} bought?|Which shop sold {s}?", lambda c: c.choice(FIRMS)),
        _fact("filter|clean filter", "The filter is cleaned {v}.", "How often is the filter of {s} cleaned?", one_of("every month", "twice a year", "every 50 hours", "weekly")),
        _fact("model|type", "It is model {v}.", "Which model is {s}?", draw_code))),
    Kind(("the car of {n}", "the van", "{n}'s car"), ("{s}", "Vehicle papers", "Service book {s}"), (
        _fact("registration|plate", "The plate is {v}.", "What is the plate of {s}?|registration number {s}", draw_code),
        _fact("mileage|odometer", "It has run {v}.", "How far has {s} run?|mileage of {s}", count_of(4000, 240000, "km")),
        _fact("inspection|next inspection", "The next inspection is in {v}.", "When must {s} be inspected?|inspection of {s}", lambda c: f"{c.choice(MONTHS)} {draw_year(c)}"),
        _fact("tyre pressure|tyres", "The tyres need {v}.", "What pressure do the tyres of {s} need?", lambda c: f"{c.randint(20, 34) / 10} bar"),
        _fact("oil|oil grade", "Use {v} oil.", "Which oil does {s} take?", one_of("5W-30", "0W-20", "10W-40")),
        _fact("repair|repaired", "The {v} was replaced.", "What was repaired on {s}?", one_of("clutch", "brake disc", "battery", "exhaust", "timing belt")))),
    Kind(("{n}'s school report", "class {k}", "the school trip of {y}", "{n}"), ("{s}", "School letter", "Report {y}"), (
        _fact("maths|mathematics", "In mathematics the mark is {v}.", "What mark has {s} in maths?|maths mark {s}", one_of("A", "B", "C", "2", "3", "good")),
        _fact("absent|days absent", "{v} of absence were noted.", "How often was {s} absent?|missed days {s}", count_of(1, 20, "days")),
        _fact("teacher|class teacher", "The class teacher is {v}.", "Who teaches {s}?|Who is the class teacher of {s}?", lambda c: c.choice(["Ms ", "Mr "]) + c.choice(LAST)),
        _fact("costs|contribution", "Each family pays {v}.", "What does {s} cost each family?|how much must parents pay for {s}", draw_money(5, 400)),
        _fact("bring|to bring", "Please bring {v}.", "What must be brought for {s}?", one_of("a raincoat and boots", "a packed lunch", "a signed form", "a swimming costume")))),
    Kind(("the {r}", "{n}'s {r}"), ("{s}", "Recipe: {s}"), (
        _fact("oven|temperature", "Bake it at {v}.", "How hot must the oven be for {s}?|oven temperature {s}", count_of(150, 240, "°C")),
        _fact("time|baking time", "It takes {v}.", "How long does {s} take?|baking time {s}", count_of(10, 120, "minutes")),
        _fact("flour", "Add {v} of flour.|Weigh out {v} of flour.", "How much flour is in {s}?", count_of(100, 900, "g")),
        _fact("sugar", "Add {v} of sugar.", "How much sugar does {s} need?", count_of(10, 400, "g")),
        _fact("serves|portions", "It serves {v}.", "For how many people is {s}?", count_of(2, 12, "people")),
        _fact("rest|resting", "Let it rest {v}.", "How long must {s} rest?", one_of("overnight", "for two hours", "for 30 minutes")))),
    Kind(("the contract with {f}", "the {f} contract of {n}", "the agreement between {n} and {f}"), ("{s}", "Agreement", "Contract {y}"), (
        _fact("fee|price", "The fee is {v} a month.|{n} pays {v} monthly.", "What does {s} cost a month?|monthly fee of {s}", draw_money(5, 900)),
        _fact("penalty|late fee", "Late payment costs {v}.", "What happens if one pays late under {s}?|penalty in {s}", draw_money(5, 500)),
        _fact("data|speed", "It includes {v}.", "How much is included in {s}?", one_of("20 GB a month", "100 Mbit/s", "unlimited calls", "40 hours of support")),
        _fact("governing law|law", "{v} law applies.", "Which law applies to {s}?", one_of("German", "English", "Swiss", "French", "Irish")),
        _fact("signed by|signatory", "It was signed by {v}.", "Who signed {s}?", draw_person),
        _fact("signed on|date", "Signed on {v}.", "When was {s} signed?", draw_date),
        _fact("customer number|customer no.", "The customer number is {v}.", "What is the customer number of {s}?", draw_code),
        _START, _END, _NOTICE, _PAID, _CONTACT, _PHONE)),
)  # fmt: skip

CITIES = "Bergen Bilbao Cork Dresden Gdansk Ghent Lyon Malmö Naples Oslo Porto Riga Split Tallinn Turin Vienna".split()
DEVICES = (
    "dishwasher|washing machine|lawn mower|heat pump|laptop|camera|oven|fridge|coffee machine|tumble dryer|printer"
).split("|")
RECIPES = (
    "plum cake|rye bread|lentil soup|apple pie|carrot cake|pizza dough|almond biscuits|onion tart".split("|")
)

FILLERS = (
    "Please keep this letter with your papers.", "Both sides received a copy.", "Changes must be made in writing.",
    "Thank you for your trust.", "All details were checked.", "The rest stays as agreed.",
    "Questions can be asked at any time.", "See the other side for more.", "Nothing else was discussed.",
)  # fmt: skip
"""Sentences that say nothing."""


def record_example(chance: random.Random) -> Example:
    """A question and a record, which answers it in half of the cases."""
    kind = chance.choice(KINDS)
    subject, asked_subject = _subjects(kind, chance)
    facts = chance.sample(kind.facts, min(len(kind.facts), chance.randint(2, 6)))
    fact, draw = chance.choice(facts), chance.random()
    answered = draw < 0.5
    about = subject
    if not answered:
        absent = [other for other in kind.facts if other not in facts]
        if draw < 0.75 or not absent:
            about = asked_subject
        else:
            fact = chance.choice(absent)
    question = chance.choice(fact.questions).format(s=about)
    title = chance.choice(kind.titles).format(
        s=subject, y=draw_year(chance), f=chance.choice(FIRMS), n=subject, m=chance.choice(MONTHS)
    )
    if chance.random() < 0.3:  # A note without a title names its subject in its first line.
        heading, context = f"{title}\n" if subject in title else f"{title} {subject}\n", ""
    else:
        heading, context = "", title
    body, span = _written(facts, fact, subject, chance)
    if subject not in heading + context + body:
        context = f"{title} {subject}"
    place = (span[0] + len(heading), span[1] + len(heading)) if answered and span else None
    return Example("question", informal(question, chance), context, heading + body, int(answered), place)


def _subjects(kind: Kind, chance: random.Random) -> tuple[str, str]:
    """What a record is about, and another subject of the same wording, which differs in one thing."""
    pattern = chance.choice(kind.subjects)
    draws: dict[str, Value] = {
        "n": draw_person if chance.random() < 0.6 else lambda c: c.choice(FIRST),
        "f": lambda c: c.choice(FIRMS),
        "p": lambda c: c.choice(PLACES),
        "y": draw_year,
        "m": lambda c: c.choice(MONTHS),
        "k": draw_code,
        "c": lambda c: c.choice(CITIES),
        "d": lambda c: c.choice(DEVICES),
        "r": lambda c: c.choice(RECIPES),
    }
    parts = {name: draw(chance) for name, draw in draws.items()}
    subject = pattern.format(**parts)
    replaceable = [name for name in draws if "{" + name + "}" in pattern]
    if not replaceable:
        return subject, chance.choice(("the bicycle", "the old van", "the summer party", "the choir"))
    name = chance.choice(replaceable)
    while (other := draws[name](chance)) in parts[name] or parts[name] in other:
        pass
    return subject, pattern.format(**{**parts, name: other})


def _written(
    facts: list[Fact], asked: Fact, subject: str, chance: random.Random
) -> tuple[str, tuple[int, int] | None]:
    """The facts as prose, as a list or as a table, and where the value of `asked` is in it."""
    style = chance.choice(("prose", "prose", "list", "table", "row"))
    values = [fact.value(chance) for fact in facts]
    lines = []
    for fact, value in zip(facts, values, strict=True):
        if style == "prose":
            lines.append(chance.choice(fact.sentences).format(v=value, s=subject, n=subject))
        elif style == "list":
            lines.append(f"{chance.choice(fact.labels).capitalize()}: {value}")
        else:
            lines.append(f"{chance.choice(fact.labels).capitalize()} | {value}")
    if style == "row":  # A table whose first row names the columns.
        names = [line.split(" | ")[0] for line in lines]
        lines = [" | ".join(["Name", *names]), " | ".join([subject, *values])]
    elif chance.random() < 0.5:
        lines.insert(chance.randint(0, len(lines)), chance.choice(FILLERS))
    text = (" " if style == "prose" and chance.random() < 0.7 else "\n").join(lines)
    if asked not in facts:
        return text, None
    value = values[facts.index(asked)]
    place = text.rfind(value)
    return text, (place, place + len(value))


def informal(question: str, chance: random.Random) -> str:
    """The question as people type it: sometimes in lower case, without its mark, or with `my` for `the`."""
    if chance.random() < 0.15:
        question = question.replace("the ", "my ", 1)
    if chance.random() < 0.3:
        question = question.lower().rstrip("?")
    return question
