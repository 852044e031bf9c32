"""Tables that the search found answer questions in people's own words, or say nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answers.tablereading import read_tables
from ingest.selection import EVERYTHING
from tests.libraries import IndexedFolder, indexed
from tests.pdfs import pdf_table

TEXTS = {
    "statement.md": "# Current account, May 2025\n\nAccount holder: Ulla Brink.\n\n"
    "| Date | Details | Paid out | Paid in | Balance |\n|---|---|---|---|---|\n"
    "| 02/05/2025 | Salary Hartmann Ltd | | 2,100.00 | 3,400.00 |\n"
    "| 06/05/2025 | Green Grocers | 41.20 | | 3,358.80 |\n"
    "| 13/05/2025 | Molar Dental | 80.00 | | 3,278.80 |\n"
    "| 20/05/2025 | Green Grocers | 38.80 | | 3,240.00 |\n"
    "| | Total | 160.00 | 2,100.00 | |\n",
    "budget-2025.csv": "Month,Rent,Power,Food\nJanuary,900,80.5,310\nFebruary,900,95,295\nMarch,900,70,\n",
    "crew.md": "# Sailing club\n\n| Name | Born | Joined | Fee | Fee paid |\n|---|---|---|---|---|\n"
    "| Alder, Tom | 03.04.1988 | 2015 | 120 | yes |\n| Bruun, Eva * | 11.09.1961 | 2019 | 60 | no |\n"
    "| Castell, Ida | 22.12.2004 | 2022 | 60 | yes |\n\n* Honorary members need not come to the assembly.\n",
    "servers.html": "<h1>Machines at Foxhill</h1><table><tr><th>Host</th><th>Purpose</th><th>Memory GB</th>"
    "<th>Warranty until</th><th>Responsible</th></tr>"
    "<tr><td>ash</td><td>Mail</td><td>64</td><td>2027-03-31</td><td>Nora</td></tr>"
    "<tr><td>elm</td><td>Print server</td><td>8</td><td></td><td>Leo</td></tr>"
    "<tr><td>fir</td><td>Backup</td><td>32</td><td>2028-01-31</td><td></td></tr></table>",
    "soup.md": "# Soup for the fete\n\n| Ingredient | Unit | 20 guests | 60 guests |\n|---|---|---|---|\n"
    "| Lentils | kg | 1.5 | 4.5 |\n| Onions | pcs | 8 | 24 |\n",
    "meters.csv": "Read on,Power kWh,Read by\n31 Jan 2025,1000,Ole\n28 Feb 2025,1120,Ole\n"
    "31 Mar 2025,1300,Pia\n",
    "doses.md": "# Vaccinations\n\n## Ivo\n\n| Vaccine | Dose | Given on | Doctor |\n|---|---|---|---|\n"
    "| Measles | 1 | 03.05.2019 | Dr Lind |\n| Measles | 2 | 14.10.2019 | Dr Moor |\n"
    "| Rabies | 1 | 07.01.2022 | Dr Moor |\n\n## Runa\n\n"
    "| Vaccine | Dose | Given on | Doctor |\n|---|---|---|---|\n"
    "| Measles | 1 | 12.02.2021 | Dr Lind |\n",
    "rota.md": "# Kitchen rota\n\n## Week of 3 November\n\n| Day | Cook | Washing up | Meals planned |\n"
    "|---|---|---|---|\n| Monday | Yusuf | Tom | 47 |\n| Tuesday | Alan | Bethan | 38 |\n"
    "| Thursday | Priya | Tom | 50 |\n| Friday | Bethan | Alan | 61 |\n",
    "plants.md": "# Plants\n\n| Plant | Price | In stock |\n|---|---|---|\n| Rosemary | £3.75 | 12 |\n"
    "| Hellebore | £8.50 | 0 |\n| Box | £4.20 | 30 |\n",
    "lanes.csv": "Lane,Swimmer,Club,50 m (s),100 m (s)\n1,Oda Lien,Nordlys,31.42,68.90\n"
    "2,Per Hauge,Tindra,29.88,64.15\n3,Mina Falk,Nordlys,30.05,\n",
    "cars.csv": "Car,Top speed km/h,Seats\nHeron,180,5\nOtter,140,4\n",
    "visits.csv": "Date,Doctor,Minutes\n03/05/2025,Lind,12.125\n05/03/2025,Moor,20.25\n05/23/2025,Vale,9.5\n",
    "members.csv": "Name;Born;Joined;Town\nAna Costa;1961-04-12;2004;Leeds\nPiet Vos;1948-11-02;1999;York\n"
    "Liv Berg;1990-09-09;2020;York\n",
    "mitglieder.csv": "Name;Geburtsdatum;Eintritt\nKern, Ute;12.04.1961;01.02.2004\n"
    "Lohr, Jan;02.11.1948;01.05.1999\nMaas, Eva;09.09.1990;01.01.2020\n",
    "sailors.csv": "Sailor no,Name,Born\n7,Olav Moe,1971-05-04\n8,Runa Dahl,1950-02-01\n",
    "membres.csv": "Nom;Né(e) le;Ville\nMartin;12/04/1961;Lyon\nDurand;02/11/1948;Nice\n"
    "Petit;29/09/1990;Nice\n",
    "power.md": "# Electricity 2025\n\n| Month | Reading | Use (kWh) | Cost (£) |\n|---|---|---|---|\n"
    "| January | 10,412 | 310 | 93.00 |\n| February | 10,690 | 278 | 83.40 |\n"
    "| March | 10,942 | 252 | 75.60 |\n",
    "calls.csv": "Month,Phone,Cost\nMay,Home,10.00\nMay,Mobile,20.00\nJune,Home,30.00\n",
    "prices.csv": "Product,Price (EUR),Stock\nDesk lamp,39.90,12\nFloor lamp,89.50,3\nCushion,18.50,\n"
    "Blue shirt,25.00,4\nRed trousers,30.00,5\n",
    "products.csv": "Product,Price (EUR),Stock,Supplier\nShelf,129.00,4,Norwood\nDesk lamp,39.90,12,Lumo\n"
    "Floor lamp,89.50,3,Lumo\nRug,210.00,2,Haversham\n",
    "waren.csv": "Produkt;Preis;Lieferant\nRegal;129,00;Nord\nLampe;39,90;Lumo\nTisch;89,50;Lumo\n",
    "sales.csv": "Day,Town,Amount,Pieces\n2025-01-03,Hull,10,1\n2025-01-04,Hull,20,2\n2025-01-05,York,90,9\n",
    "hours.csv": "Tag;Kunde;Stunden;Betrag €\n01.09.2025;Wolke AG;6,5;617,50\n02.09.2025;Wolke AG;7;665,00\n"
    "03.09.2025;Hof Dett;4,25;340,00\n",
    "costs.csv": "Item,First half,Second half,Total\nPaint and brushes,120,80,200\nTimber,300,50,350\n",
    "overruns.csv": "Item,Spent,Over limit\nPaint,120,20\nTimber,300,\n",
    "laps.md": "# Bea Norling\n\nBea runs a session every week.\n\n| Date | No | Pulse | Mood | Notes |\n"
    "|---|---|---|---|---|\n| 2025-02-03 | 1 | 141 | 4 | slow start |\n"
    "| 2025-02-10 | 2 | 138 | 6 | laps 1-2 with Sue |\n| 2025-02-17 | 3 | 133 | 7 | lap 3 alone |\n",
    "dog.md": "# Rufus\n\n| Date | Vet | Weight kg | Note |\n|---|---|---|---|\n"
    "| 2024-01-05 | Dr Ray | 11.2 | second opinion |\n"
    "| 2024-06-05 | Dr Lau | 12.8 | first jab, 2 weeks rest |\n| 2025-01-09 | Dr Ray | 13.1 | |\n",
    "tariff.csv": "Service,Fee 2024,Fee 2025\nTuning of organs,300,320\nTuning,70,75\nRepair (small),20,25\n"
    "Hire for concerts,90,95\n",
}

RATES = [
    ("Room", "Low season", "High season"),
    ("Single", "80", "110"),
    ("Double", "120", "165"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """All of the files above, indexed. Shared by the tests, which do not change it."""
    files: dict[str, str | bytes] = {**TEXTS, "inn.pdf": pdf_table("Seaview Inn, rates in EUR", RATES)}
    with indexed(tmp_path_factory.mktemp("library"), files) as library:
        yield library


@pytest.mark.parametrize(
    ("file", "question", "answer"),
    [
        ("statement.md", "How much salary did Ulla Brink get in May 2025?", "2,100.00"),
        ("statement.md", "How much did Ulla Brink spend at Green Grocers altogether in May 2025?", "80.00"),
        (
            "statement.md",
            "What did Ulla Brink spend at Green Grocers on average in May 2025?",
            "40.00 on average: Paid out in “statement.md” where Date is in May 2025 and Details is “Green",
        ),
        ("statement.md", "How many times did Ulla shop at Green Grocers in May 2025?", "2 rows"),
        ("statement.md", "What was left in the account of Ulla Brink at the end of May 2025?", "3,240.00"),
        ("budget-2025.csv", "What did we pay for power in February 2025?", "95"),
        (
            "budget-2025.csv",
            "Which month had the second highest power costs in 2025?",
            "January: 80.5, the second highest",
        ),
        ("crew.md", "Who is the oldest member of the sailing club?", "Bruun, Eva"),
        ("crew.md", "When was Ida Castell born?", "22.12.2004"),
        ("members.csv", "Who is the oldest member?", "Piet Vos: 1948-11-02, the earliest in"),
        ("members.csv", "Who is the youngest member?", "Liv Berg: 1990-09-09, the latest in"),
        ("members.csv", "Who is the longest-standing member?", "Piet Vos: 1999, the earliest in"),
        ("members.csv", "Who is the newest member?", "Liv Berg: 2020, the latest in"),
        ("sailors.csv", "Who is the oldest sailor?", "Runa Dahl: 1950-02-01, the earliest in"),
        ("mitglieder.csv", "Wer ist das jüngste Mitglied?", "Maas, Eva: 09.09.1990"),
        ("mitglieder.csv", "Wer ist das älteste Mitglied?", "Lohr, Jan: 02.11.1948"),
        ("mitglieder.csv", "Wer ist das neueste Mitglied?", "Maas, Eva: 01.01.2020"),
        ("membres.csv", "Who is the oldest of the membres?", "Durand: 02/11/1948"),
        (
            "prices.csv",
            "What is the price of the desk lamp and the floor lamp?",
            "Price (EUR): 39.90 (Desk lamp), 89.50 (Floor lamp).",
        ),
        ("prices.csv", "What do the cushion and the blue shirt cost?", "18.50 (Cushion), 25.00 (Blue shirt)"),
        ("members.csv", "When were Ana and Piet born?", "1961-04-12 (Ana Costa), 1948-11-02 (Piet Vos)"),
        ("mitglieder.csv", "Wann sind Kern und Lohr geboren?", "12.04.1961 (Kern, Ute), 02.11.1948 (Lohr"),
        ("products.csv", "Which supplier has the most products?", "Lumo: 2 rows, the most for one"),
        ("products.csv", "Which supplier has the most stock?", "Lumo: 15, the highest total"),
        ("waren.csv", "Welcher Lieferant hat die meisten Produkte?", "Lumo: 2 rows"),
        ("members.csv", "Which town has the most members?", "York: 2 rows"),
        ("power.md", "Average cost per month", "£84.00 on average"),
        ("power.md", "average use per month", "280.00 kWh on average"),
        ("crew.md", "Who was the last to join the sailing club?", "Castell, Ida"),
        ("servers.html", "How much memory has the mail machine at Foxhill?", "64"),
        ("servers.html", "Which machine does Leo look after?", "elm"),
        ("servers.html", "Who is responsible for ash?", "Nora"),
        ("servers.html", "Until when is ash under warranty?", "2027-03-31"),
        ("soup.md", "How many onions for 60 guests at the fete?", "24"),
        (
            "soup.md",
            "How many more onions does the soup need for 60 guests than for 20?",
            "Difference: 16. Onions: 24 (60 guests), 8 (20 guests).",
        ),
        ("meters.csv", "How much power did we use in March 2025?", "180 kWh from 28 Feb 2025 to 31 Mar 2025"),
        ("meters.csv", "How often did Ole read the meters in 2025?", "2 rows"),
        ("doses.md", "When did Ivo get his second measles dose?", "14.10.2019"),
        ("doses.md", "Which doctor gave Runa her first measles dose?", "Dr Lind"),
        ("rota.md", "On which day does Bethan cook?", "Day: Friday"),
        ("rota.md", "How many meals does Bethan cook?", "61"),
        ("rota.md", "Who washes up on Thursday?", "Tom"),
        ("plants.md", "What is the cheapest plant in stock?", "Rosemary: £3.75"),
        (
            "lanes.csv",
            "Which swimmer was fastest over 50 m?",
            "Per Hauge: 29.88 s, the lowest in the column “50 m (s)” of “lanes.csv”.",
        ),
        ("lanes.csv", "What did Oda Lien swim over 100 m?", "68.90"),
        ("lanes.csv", "Who swims for Nordlys?", "Swimmer: Oda Lien, Mina Falk"),
        ("lanes.csv", "How many swimmers took longer than 30 seconds over 50 m?", "is over 30."),
        ("visits.csv", "Which doctor was there on 5 March 2025?", "Lind"),
        ("visits.csv", "Which doctor had the latest visit?", "Vale: 05/23/2025"),
        ("visits.csv", "What is the average of the minutes of the visits?", "13.958"),
        ("visits.csv", "How many visits took at least 12.125 minutes?", "2 rows"),
        ("hours.csv", "Wie viele Stunden habe ich im September 2025 für die Wolke AG gearbeitet?", "13,5"),
        ("hours.csv", "Habe ich im September 2025 für Wolke mehr Stunden gearbeitet als für Dett?", "Ja."),
        ("inn.pdf", "What does a double cost at the Seaview Inn in high season?", "165"),
        ("overruns.csv", "By how much are we over the limit for paint?", "20"),
        ("laps.md", "Bea first session pulse", "No 1 – Pulse: 141."),
        ("laps.md", "What was Bea's pulse in the first session?", "141"),
        ("laps.md", "What was Bea's pulse at the second session?", "138"),
        ("laps.md", "What was Bea's pulse at the last session?", "133"),
        ("laps.md", "Bea mood last session", "7"),
        ("dog.md", "What was Rufus's weight at the first visit?", "2024-01-05 – Weight kg: 11.2."),
        ("dog.md", "What was Rufus's weight at the first jab?", "12.8"),
        ("laps.md", "When was Bea's last session?", "2025-02-17, the latest"),
        ("inn.pdf", "Is a single in high season cheaper than a double in low season?", "Yes."),
    ],
)
def test_a_table_answers(library: IndexedFolder, file: str, question: str, answer: str) -> None:
    reading = library.read_tables(question, file)
    assert reading is not None
    assert answer in reading.result.headline


@pytest.mark.parametrize(
    ("file", "question"),
    [
        ("statement.md", "How much did Ulla Brink pay for her rail ticket in May 2025?"),
        ("statement.md", "How much salary did Ulla Brink get in June 2025?"),
        ("budget-2025.csv", "What did we pay for food in March 2025?"),
        ("budget-2025.csv", "What did we pay for power in February 2024?"),
        ("budget-2025.csv", "What did we pay for power in November 2025?"),
        ("crew.md", "What is the address of Tom Alder?"),
        ("members.csv", "Who is the oldest trainer?"),
        ("members.csv", "How many joined since 2004?"),
        ("members.csv", "Who joined before 2004?"),
        ("calls.csv", "Average cost per month"),
        ("products.csv", "Average stock by supplier"),
        ("sales.csv", "Which town has the most sales?"),
        ("sales.csv", "Which town has the highest amount?"),
        ("products.csv", "Which supplier has the most customers?"),
        ("prices.csv", "What is the price of the red and the blue shirt?"),
        ("prices.csv", "What is the price of the desk lamp and the stock of the floor lamp?"),
        ("prices.csv", "What is the price of the desk lamp and the wall lamp?"),
        ("prices.csv", "What is the stock of the cushion and the floor lamp?"),
        ("servers.html", "What is the IP address of the mail machine at Foxhill?"),
        ("servers.html", "Until when is elm under warranty?"),
        ("servers.html", "Who is responsible for fir?"),
        ("soup.md", "How many onions for 40 guests at the fete?"),
        ("doses.md", "When was Runa vaccinated against rabies?"),
        ("servers.html", "Is the mail machine at Foxhill under warranty?"),
        ("rota.md", "Did Bethan cook more often than Yusuf?"),
        ("statement.md", "What did Ulla Brink pay the Green Grocers after the salary?"),
        ("statement.md", "What did Ulla Brink pay the Green Grocers since 8 May 2025?"),
        ("lanes.csv", "What did Mina Falk swim over 100 m?"),
        ("cars.csv", "Which car is the fastest?"),
        ("dog.md", "Rufus weight second visit"),
        ("costs.csv", "by how much are we over the timber limit"),
        ("costs.csv", "By how much do we exceed the budget for timber?"),
        ("costs.csv", "How far is paint over our budget?"),
        ("inn.pdf", "What does a suite cost at the Seaview Inn in high season?"),
        ("meters.csv", "What was the gas reading on 31 March 2025?"),
    ],
)
def test_what_the_table_does_not_say_is_not_answered(
    library: IndexedFolder, file: str, question: str
) -> None:
    assert library.read_tables(question, file) is None


def test_a_sign_beside_a_row_means_what_the_note_below_says(library: IndexedFolder) -> None:
    reading = library.read_tables("Which of the club are honorary members for the assembly?", "crew.md")
    assert reading is not None
    assert [row.quote for row in reading.result.evidence] == [
        "| Bruun, Eva * | 11.09.1961 | 2019 | 60 | no |"
    ]


def test_a_word_that_had_to_be_guessed_makes_the_answer_unsure(library: IndexedFolder) -> None:
    sure = library.read_tables("How much did Ulla Brink pay Molar Dental in May 2025?", "statement.md")
    guessed = library.read_tables("How much did Ulla Brink pay the dentist in May 2025?", "statement.md")
    assert sure is not None
    assert guessed is not None
    assert (sure.is_sure, guessed.is_sure) == (True, False)
    assert "80.00" in guessed.result.headline


@pytest.mark.parametrize(
    ("question", "value", "is_sure"),
    [
        ("fee for tuning in 2025", "75", True),
        ("fee for repair 2025", "25", False),
        ("What does hire cost in 2025?", "95", False),
        ("What does the hire for concerts cost in 2025?", "95", True),
    ],
)
def test_a_row_for_only_a_part_of_what_was_asked_makes_the_answer_unsure(
    library: IndexedFolder, question: str, value: str, is_sure: bool
) -> None:
    reading = library.read_tables(question, "tariff.csv")
    assert reading is not None
    assert (reading.result.values[0].value, reading.is_sure) == (value, is_sure)


def test_the_number_in_the_latest_row_is_sure(library: IndexedFolder) -> None:
    reading = library.read_tables("What was Bea's pulse at the last session?", "laps.md")
    assert reading is not None
    assert reading.is_sure
    assert "the latest Date" in reading.result.how


def test_a_word_of_order_selects_one_row_by_its_number(library: IndexedFolder) -> None:
    reading = library.read_tables("Bea first session pulse", "laps.md")
    assert reading is not None
    assert [row.quote.split("|")[2].strip() for row in reading.result.evidence] == ["1"]


def test_the_oldest_is_not_answered_if_two_documents_may_be_meant(tmp_path: Path) -> None:
    files = dict.fromkeys(("members-north.csv", "members-south.csv"), TEXTS["members.csv"])
    with indexed(tmp_path, files) as library:
        keys = [key for key, _ in library.retriever.select(EVERYTHING)]
        documents = list(library.retriever.contents(keys))
    assert read_tables("Who is the oldest member?", documents[:1], None) is not None
    assert read_tables("Who is the oldest member?", documents, None) is None


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which budget items does Ines keep?", "Power"),
        ("What is the lightest thing on the kiosk's price list?", "Rusk"),
        ("What is the largest budget?", ""),
    ],
)
def test_the_items_of_a_budget_are_its_rows_and_a_budget_is_none_of_them(
    tmp_path: Path, question: str, answer: str
) -> None:
    files = {
        "budget-2026.csv": "Item,Per month,Kept by\nRent,900,Otto\nPower,80,Ines\n",
        "price-list-kiosk.md": "# Kiosk: price list\n\n| Product | Weight (g) | Price |\n|---|---|---|\n"
        "| Roll | 80 | 0.85 |\n| Rusk | 40 | 0.60 |\n",
    }
    with indexed(tmp_path, files) as library:
        read = library.read_tables(question)
    assert (read is not None) == bool(answer)
    assert read is None or answer in read.result.headline


FAIR = """# Village fair

Costs of the village fair:

Tent hire ..... £40
Band .......... £120
Drinks ........ £85.50

Karin brings the cake; Tom the chairs; nobody brings a dog.
"""
COFFEE = """Coffee kitty 2024

Date; Who; Paid
2024-01-08; Ines; 12.50
2024-02-05; Jonas; 10.00
2024-03-04; Ines; 7.50
"""
TRIP = """From: Lena Brook <lena@brook.example>
To: Milo Hart <milo@hart.example>
Subject: Costs of the Dartmoor trip
Date: Tue, 3 Sep 2024 09:12:00 +0100

Hi Milo,

here is what we spent:

Item      Who   Amount
Campsite  Lena  £56.00
Petrol    Milo  £71.20
Food      Lena  £88.40

Shall we split it in half?
"""
ROUNDS = """Chess ladder, spring

Mon 3 March    Wetherby B   away   19:30
Thu 13 March   Otley        home   19:00
Mon 24 March   Ripon        away   19:30
Thu 3 April    Selby A      home   19:00

Bring a clock.
"""


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """A note, a text file and a mail with tables that a person typed."""
    files = {"fair.md": FAIR, "kitty.txt": COFFEE, "trip.eml": TRIP, "ladder.txt": ROUNDS}
    with indexed(tmp_path_factory.mktemp("typed"), files) as library:
        yield library


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("What did the village fair cost in total?", "£245.50 in total: "),
        ("How much was the tent hire?", "£40 (Tent hire)."),
        ("How much did Jonas pay into the coffee kitty?", "Jonas – Paid: 10.00."),
        ("How much did Ines pay into the coffee kitty in total?", "20.00 in total: "),
        ("What did Lena pay in total on the Dartmoor trip?", "£144.40 in total: "),
        ("How much was petrol?", "Petrol – Amount: £71.20."),
        ("How many drinks are there?", ""),
        ("How many rounds are there on the chess ladder?", ""),
        ("How many rows has the chess ladder?", ""),
    ],
)
def test_tables_that_people_type_are_read(question: str, begins: str, typed: IndexedFolder) -> None:
    said = typed.reply(question)
    assert said.startswith(begins) and bool(said) is bool(begins)


SIGNALS = """# Crossing at Ambling

| Code | Lamp | Name | Remedy |
|---|---|---|---|
| 12 | red | Barrier stuck | Call the signal box |
| 17 | amber | Bell silent | Ring by hand |
"""
LAMPS = """# Lamps of the crossing

| Lamp | Description |
|---|---|
| white | The line is clear. |
| violet | A train has passed the far post. |
"""


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """A table that says what happens, one that says what things mean, and one that says neither."""
    files = {"signals.md": SIGNALS, "lamps.md": LAMPS, "crew.md": TEXTS["crew.md"]}
    with indexed(tmp_path_factory.mktemp("signals"), files) as library:
        yield library


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("What happens if the barrier is stuck?", "Barrier stuck – Remedy: Call the signal box."),
        ("What does the violet lamp mean?", "violet – Description: A train has passed the far post."),
        ("What is meant by the white lamp?", "white – Description: The line is clear."),
        ("What happens when the fee is 120?", ""),
        ("What does the fee of Castell mean?", ""),
        ("What does the fee of Castell cover?", ""),
    ],
)
def test_only_a_column_that_tells_it_says_what_happens(
    question: str, begins: str, signals: IndexedFolder
) -> None:
    said = signals.reply(question)
    assert said.startswith(begins) and bool(said) is bool(begins) and ".." not in said
