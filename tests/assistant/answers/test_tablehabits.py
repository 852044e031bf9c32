"""Tables as people keep them: short names of columns, codes, rotas, a sheet for each year."""

from collections.abc import Iterator

import pytest

from tests.libraries import IndexedFolder, indexed

TEXTS = {
    "apiary.md": "# Hives at Lark Hill\n\n## 2023\n\n| Hive | Queen | Sown clover | Honey kg | Ø |\n"
    "|---|---|---|---|---|\n"
    "| North | marked | 3 Apr | 21.5 | 4 |\n| South | new | 9 Apr | 14.0 | 5 |\n\nA dry year.\n\n"
    "## 2024\n\n| Hive | Queen | Sown clover | Honey kg | Ø |\n|---|---|---|---|---|\n"
    "| North | marked | 30 Mar | 18.0 | 3 |\n| South | lost | 1 Apr | | |\n",
    "ward_rota.csv": "Ward 7 duty rota March 2025,,,,,,,,,\nName,Gr.,Wk 10,,,,,,,\n"
    ",,Mo 3,Tu 4,We 5,Th 6,Fr 7,Sa 8,Su 9,Mo 10\n"
    "Ines Roth,SN,E,E,L,N,N,-,-,E\nJoel Pike,HA,L,N,N,-,E,E,L,L\nMaud Lane,SN,N,L,E,E,L,N,N,-\n"
    "On nights,,1,1,1,1,1,1,1,0\n\n"
    "E = early 07:00-14:00,,,,,,,,,\nL = late 13:30-21:00,,,,,,,,,\nN = night 20:30-07:00,,,,,,,,,\n"
    "SN staff nurse; HA health assistant; ST student,,,,,,,,,\n",
    "flats.md": "# Quay House\n\n"
    "| Flat | Tenant | Floor | Rms | Rent £ | Serv. chg £ | Lease from | Lease to | Lift |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
    "| 1 | P. Oates | G | 2 | 700.00 | 60.00 | 01/02/2022 | 31/01/2026 | no |\n"
    "| 2 | Q. Marsh | 1 | 3 | 880.00 | 75.00 | 01/06/2021 | 31/05/2025 | yes |\n"
    "| 3 | (vacant) | 1 | 1 | 540.00 | 40.00 | | | yes |\n"
    "| 4 | T. Salter | 2 | 3 | 905.00 | 75.00 | 15/03/2025 | 14/03/2027 | yes |\n\nG = ground floor.\n",
    "pantry.csv": "Code,Item,Supplier,Qty,Min,BBE\nP01,Butter beans,Arden,4,6,30/11/2025\n"
    "P02,Rice,Arden,12,5,15/10/2025\nP03,Yeast,Milner,0,2,02/09/2025\n",
    "repairs.md": "# Works at the mill\n\n| No. | Task | Owner | Due | Status |\n|---|---|---|---|---|\n"
    "| 1 | Weir gate | Dag | 3 May | done |\n| 2 | Wheel bearings | Una | 12 May | late |\n"
    "| 3 | Roof lead | Dag | 30 May | open |\n",
    "broadband.html": "<h1>Broadband offers</h1><table><tr><th>Plan</th><th>£/month</th><th>Setup £</th>"
    "<th>Unlimited</th><th>Static addr</th></tr>"
    "<tr><td>Hop 1</td><td>19.00</td><td>10</td><td>no</td><td>no</td></tr>"
    "<tr><td>Hop 2</td><td>27.50</td><td>0</td><td>yes</td><td>no</td></tr>"
    "<tr><td>Leap</td><td>31.00</td><td>5</td><td>yes</td><td>yes</td></tr></table>",
    "payslips.csv": "Month,Gross,PAYE,Net pay\n2025-01,2400.00,310.00,1890.00\n"
    "2025-02,2550.00,341.00,1987.50\n",
    "theatre.csv": "Item,Budget,Actual\nCostumes,400,455\nProgrammes,120,98\n",
    "league.md": "# Quoits league\n\n| Team | W | L | Pts |\n|---|---|---|---|\n| Anchor A | 7 | 1 | 21 |\n"
    "| Anchor B | 4 | 4 | 12 |\n",
    "keepsakes.md": "# Keepsakes\n\n| Object | Maker | Date | Value £ | Goes to |\n"
    "|---|---|---|---|---|\n"
    "| Clock | T. Bell | 1901 | 60 | Nell |\n"
    "| Brass lamp | unknown | 1890s | 80 | Nell |\n| Oak stool | local | c. 1750 | 45 | |\n"
    "| Portrait | J. Fry | 1820 | not valued | Nell |\n",
    "card.csv": "Date,Merchant,Cat,Foreign amt,Amt £\n2025-04-02,Pavel Books,Shopping,,18.00\n"
    "2025-04-05,Hotel Nord,Travel,EUR 90.00,77.40\n2025-04-09,Pavel Books refund,Shopping,,6.00 CR\n"
    "2025-04-11,Quill & Co,Shopping,,31.50\n",
    "weights.csv": "Date,AM sys,AM dia,Wt kg\n01 June 2025,148,90,81.5\n02 June 2025,144,88,\n"
    "30 June 2025,139,85,80.2\n",
    "inn.md": "# The Ferry Inn, guests\n\n## 2023\n\n| Month | Guests | Nights sold |\n|---|---|---|\n"
    "| January | 40 | 61 |\n| February | 52 | 80 |\n| March | 70 | 115 |\n| April | 66 | 90 |\n"
    "| Season | 228 | 346 |\n\n## 2024\n\n| Month | Guests | Nights sold |\n|---|---|---|\n"
    "| January | 45 | 70 |\n| February | 49 | 75 |\n| March | 81 | 130 |\n| April | 60 | 88 |\n"
    "| Season | 235 | 363 |\n",
    "mill_meter.md": "# 9 Weir Lane\n\n## Readings\n\n| Date | Gas (m³) |\n|---|---|\n| 1 May 2025 | 4000 |\n"
    "| 1 June 2025 | 4060 |\n| 1 July 2025 | 4090 |\n\n## Used\n\n| Month | Gas used (m³) |\n|---|---|\n"
    "| May | 60 |\n| June | 30 |\n| July | 9 |\n",
    "fuel.txt": "Fuel book 2025\n\nDay          Station         km-Stand   Litres   Paid (Euro)\n"
    "------------------------------------------------------------\n"
    "03.02.2025   Aral Nord          31200    38.10         61.90\n"
    "19.02.2025   Esso Ring          31810    40.20         66.30\n"
    "07.03.2025   Aral Nord          32400    36.00         58.80\n",
    "giro.csv": "Datum;Empfänger;Betrag (EUR)\n02.05.2025;Stadtwerke;-80,00\n03.06.2025;Stadtwerke;-95,50\n"
    "04.06.2025;Bäckerei;-12,00\n05.06.2025;Lohn;1900,00\n",
    "assay.md": "# Assay of 4 March 2025\n\n"
    "| Sample | Run 1 | Run 2 | Run 3 | Run 4 | Run 5 | Run 6 | Run 7 |\n"
    "|---|---|---|---|---|---|---|---|\n| Blank | 2 | 3 | 2 | 1 | 2 | 3 | 2 |\n"
    "| Spike | 44 | 46 | 41 | 45 | 47 | 43 | 42 |\n",
    "tours.csv": "City tours in June 2025,,,,,,,\nGuide,Mon 1,Tue 2,Wed 3,Thu 4,Fri 5,Sat 6,Sun 7\n"
    "Lior,M,M,-,A,A,-,M\nTove,A,-,M,M,-,A,A\n"
    "\nM = morning tour,,,,,,,\nA = afternoon tour,,,,,,,\n",
    "policies.csv": "Insurer,Policy,Premium\nCombined Mutual,home,210\nBest & Sons,car,340\n"
    "Ostmark,travel,55\n",
    "water_2022.csv": "Month,m3,Cost EUR\nJanuary,9,31.10\nFebruary,8,29.40\nMarch,10,33.00\n"
    "April,11,34.70\nMay,12,36.40\nWhole time,50,164.60\nMean per month,10,32.92\n",
    "allowances.md": "# Allowances of Greta and Hugo\n\n## Greta\n\n| Item | May | June |\n|---|---|---|\n"
    "| Books | 20 | |\n| Swimming | 12 | 14 |\n\n## Hugo\n\n| Item | May | June |\n|---|---|---|\n"
    "| Books | 9 | 11 |\n| Bicycle | 30 | 5 |\n",
    "races.md": "# Races of Mia\n\n| Race | Place | Time |\n|---|---|---|\n| Heath | 41 | 52:10 |\n"
    "| Harbour | 602 | 49:58 |\n",
    "lent.md": "# Tools lent\n\n| Tool | Lent to | Back? |\n|---|---|---|\n| Long ladder | Joost | |\n"
    "| Plane | Samira | no |\n| Vice | Samira | yes |\n",
    "garage.csv": "Car,Date,Km,Kind,EUR\nPanda,2025-01-10,71045,fuel,55\nPanda,2025-09-02,73400,fuel,61\n"
    "Volvo,2024-03-01,120300,service,412\nVolvo,2025-02-02,131900,belt,690\n",
    "dues.csv": "Member,For,Amount,Paid\nTom Vane,mooring,60,no\nTom Vane,locker,15,yes\n"
    "Ada Low,mooring,60,\n",
    "form4.md": "# Form 4\n\n## Michaelmas\n\n| Name | Chem | Fr |\n|---|---|---|\n| Bell, Ida | 41 | 63 |\n"
    "| Carr, Tom | 70 | abs |\n\n## Lent\n\n| Name | Chem | Fr |\n|---|---|---|\n| Bell, Ida | 58 | 60 |\n"
    "| Carr, Tom | 66 | 52 |\n",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """All of the files above, indexed. Shared by the tests, which do not change it."""
    with indexed(tmp_path_factory.mktemp("library"), TEXTS) as library:
        yield library


@pytest.mark.parametrize(
    ("file", "question", "answer"),
    [
        # Abbreviations, and phrases that no column is called by.
        ("flats.md", "What is the service charge of flat 2?", "75.00"),
        ("league.md", "How many points did Anchor B end up with?", "Pts: 12"),
        ("form4.md", "What did Ida Bell get in chemistry at Michaelmas?", "Chem: 41"),
        ("form4.md", "What did Ida Bell get in French in the Lent term?", "Fr: 60"),
        ("payslips.csv", "What was my take-home pay in February 2025?", "Net pay: 1987.50"),
        ("payslips.csv", "How much tax was taken off in January 2025?", "PAYE: 310.00"),
        ("pantry.csv", "When do the butter beans go out of date?", "BBE: 30/11/2025"),
        ("pantry.csv", "What goes out of date first in the pantry?", "P03 Yeast: 02/09/2025"),
        ("apiary.md", "When did we sow clover for the North hive in 2024?", "Sown clover: 30 Mar"),
        ("theatre.csv", "What did we really spend on costumes?", "455 in total: Actual"),
        # Numbers beside the nouns that they belong to.
        ("flats.md", "Who has the three-room flat on the first floor?", "Tenant: Q. Marsh"),
        ("flats.md", "Who has the flat on the second floor?", "Tenant: T. Salter"),
        ("flats.md", "Who has the flat on the ground floor?", "Tenant: P. Oates"),
        ("flats.md", "Whose lease ends in 2025?", "Q. Marsh"),
        ("policies.csv", "What is the premium of the home policy of Combined Mutual?", "Premium: 210"),
        ("policies.csv", "What is the premium of Best & Sons?", "Premium: 340"),
        ("assay.md", "What was run 3 of the spike?", "Run 3: 41"),
        # Sums and extremes.
        ("apiary.md", "How many kilos of honey in 2023?", "35.5 kg in total"),
        ("card.csv", "What is the total for shopping?", "£43.50 in total"),
        ("card.csv", "What was the most expensive thing under shopping?", "Quill & Co: £31.50"),
        ("payslips.csv", "In which month did I take home the most?", "2025-02"),
        ("broadband.html", "What is the cheapest unlimited plan?", "Hop 2: £27.50"),
        ("broadband.html", "How many plans are unlimited?", "2 rows"),
        ("flats.md", "How many flats are empty?", "1 row"),
        ("repairs.md", "How many of the tasks are finished?", "1 row"),
        ("keepsakes.md", "What is the most valuable thing that goes to Nell?", "Brass lamp: £80"),
        # What there is too little of, whole rows, yes or no.
        ("pantry.csv", "Which items are below minimum?", "Butter beans (P01), Yeast (P03)"),
        ("pantry.csv", "How many things have fallen below their minimum?", "2 rows"),
        ("repairs.md", "Where are we with the wheel bearings?", "Owner: Una · Due: 12 May · Status: late"),
        ("flats.md", "Tell me about flat 4", "Tenant: T. Salter · Floor: 2 · Rms: 3"),
        ("repairs.md", "Is the weir gate finished?", "Yes. Weir gate – Status: done"),
        ("broadband.html", "Does Hop 2 have a static address?", "No. Hop 2 – Static addr: no"),
        ("broadband.html", "Is Leap unlimited?", "Yes. Leap – Unlimited: yes"),
        ("dues.csv", "Did Tom Vane pay for the mooring?", "No. Tom Vane, mooring – Paid: no"),
        ("dues.csv", "Has Tom Vane paid for the locker?", "Yes. Tom Vane, locker – Paid: yes"),
        ("lent.md", "Did Samira bring back the plane?", "No. Plane, Samira – Back?: no"),
        ("lent.md", "Did Samira bring back the vice?", "Yes. Vice, Samira – Back?: yes"),
        ("water_2022.csv", "Which month had the highest water cost in 2022?", "May: 36.40"),
        # Changes.
        ("weights.csv", "How much weight did I lose between the 1st and the 30th of June 2025?", "1.3 kg"),
        ("form4.md", "How much did Ida Bell improve in chemistry from Michaelmas to Lent?", "Difference: 17"),
        ("apiary.md", "How much less honey did the North hive give in 2024 than the year before?", "3.5 kg"),
        ("payslips.csv", "How much more did I take home in February than in January 2025?", "97.50"),
        ("inn.md", "What is the gap in guests between January and March 2024?", "Difference: 36"),
        ("inn.md", "April's nights sold minus February's in 2023?", "Difference: 10"),
        (
            "mill_meter.md",
            "What's the difference between the gas readings on 1 May and 1 July 2025?",
            "Difference: 90",
        ),
        ("giro.csv", "War die Zahlung an die Stadtwerke im Juni 2025 höher als im Mai 2025?", "Ja."),
        # Months together, rates and superlatives.
        ("inn.md", "How many guests came from February to April 2023?", "188 in total"),
        ("inn.md", "How many nights were sold in January and March 2024 together?", "200 in total"),
        ("inn.md", "What was the average number of guests per month in 2023?", "57.00 on average"),
        ("inn.md", "How many guests in a typical month of 2024?", "58.75 on average"),
        ("inn.md", "Which was the best month of 2024 for nights sold?", "March: 130"),
        ("inn.md", "Which month had the fewest guests in 2023?", "January: 40"),
        ("inn.md", "Second busiest month of 2023 by guests?", "April: 66"),
        ("mill_meter.md", "Which month did we use the most gas at 9 Weir Lane?", "May: 60"),
        ("mill_meter.md", "How many cubic metres of gas at 9 Weir Lane in June and July 2025?", "39"),
        ("inn.md", "Top two months of 2023 by guests?", "Guests: 70 (March), 66 (April)."),
        (
            "inn.md",
            "What were the three lowest months for nights sold in 2024?",
            "70 (January), 75 (February), 88 (April)",
        ),
        ("inn.md", "Which months of 2023 had more than 60 guests?", "March, April"),
        ("fuel.txt", "How many litres were bought at Aral Nord?", "74.10 in total: Litres"),
        ("fuel.txt", "What was paid at Esso Ring?", "66.30"),
        # Rotas.
        ("tours.csv", "Who has the afternoon tour on 5 June 2025?", "Lior"),
        ("tours.csv", "How many morning tours does Tove lead in June 2025?", "2 rows"),
        ("ward_rota.csv", "Which shift has Joel Pike on 7 March 2025?", "Entry: E (early 07:00-14:00)"),
        ("ward_rota.csv", "Who is on nights on the 5th?", "Joel Pike"),
        ("ward_rota.csv", "How many nights is Maud doing in March 2025?", "3 rows"),
        ("ward_rota.csv", "Which staff nurse is on earlies on 4 March 2025?", "Ines Roth"),
    ],
)
def test_a_table_answers_in_its_own_short_names(
    library: IndexedFolder, file: str, question: str, answer: str
) -> None:
    reading = library.read_tables(question, file)
    assert reading is not None
    assert answer in reading.result.headline


@pytest.mark.parametrize(
    ("file", "question"),
    [
        ("apiary.md", "How much honey did the South hive give in 2024?"),
        ("apiary.md", "How much honey did the North hive give in 2022?"),
        ("keepsakes.md", "Which keepsake is the oldest?"),
        ("ward_rota.csv", "Who is on nights on 3 April 2025?"),
        ("broadband.html", "Which plan is unlimited but has nothing for setup?"),
        ("repairs.md", "Is the roof lead finished?"),
        ("allowances.md", "What did Greta spend on books in June?"),
        ("allowances.md", "What did Greta spend on a bicycle in May?"),
        ("races.md", "What was the best place of Mia?"),
        ("lent.md", "Did Joost bring back the long ladder?"),
        ("garage.csv", "How many km did the Panda do in 2025?"),
        ("dues.csv", "Did Ada Low pay for the mooring?"),
        ("mill_meter.md", "What is the average reading of the gas meter?"),
        ("mill_meter.md", "On which dates was the reading of the meter over 4050?"),
    ],
)
def test_a_table_does_not_answer_for_another_year_or_another_property(
    library: IndexedFolder, file: str, question: str
) -> None:
    reading = library.read_tables(question, file)
    assert reading is None, reading.result.headline


def test_who_is_unsure_if_the_column_follows_the_name_of_the_thing(library: IndexedFolder) -> None:
    reading = library.read_tables("Who gets the oak stool?", "keepsakes.md")
    assert reading is None or not reading.is_sure


@pytest.mark.parametrize(
    ("file", "question"),
    [
        ("garage.csv", "What did the service of the Volvo cost in 2025?"),
        ("lent.md", "Which tools does Samira still have?"),
        ("form4.md", "What is the lowest mark in French at Michaelmas?"),
    ],
)
def test_what_may_be_meant_otherwise_is_unsure(library: IndexedFolder, file: str, question: str) -> None:
    reading = library.read_tables(question, file)
    assert reading is None or not reading.is_sure


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("What did Greta spend on books in June?", ""),
        ("What was the total water cost in 2022?", "164.60"),
        ("What did Hugo spend on books in June?", "11"),
        ("What did I spend in June 2025?", "-107,50"),
    ],
)
def test_a_sum_is_of_the_person_and_of_the_rows_that_are_meant(
    library: IndexedFolder, question: str, begins: str
) -> None:
    answer = library.compute(question)
    assert (answer.text if answer else "").startswith(begins)
    assert begins or answer is None


def test_an_extreme_of_one_row_is_not_computed(library: IndexedFolder) -> None:
    answer = library.compute("Which flat pays the highest rent?")
    assert answer is None or "905" in answer.text
