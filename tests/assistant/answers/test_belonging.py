"""What belongs to a sentence that was picked."""

import pytest

from assistant.answers.belonging import belonging, is_row, only_asks, says_nothing, with_its_list
from assistant.answers.questions import asks_for_list
from ingest.segmentation import unit_spans


def quoted(text: str, picked: str, *, whole: bool = False, why: bool = False) -> str | None:
    """What is quoted for the unit that begins with `picked`."""
    units = unit_spans(text)
    place = next(place for place, (start, _) in enumerate(units) if text.startswith(picked, start))
    span = belonging(text, units, place, whole=whole, why=why)
    return None if span is None else text[slice(*span)]


STEPS = (
    "The house is cold in spring.\n\nOpen it in this order:\n\n1. Switch on the breaker.\n"
    "2. Check the slipway.\n   If there is ice, wait.\n3. Open the sea cock.\n\nThe log book is green."
)


@pytest.mark.parametrize("picked", ["Open it", "1. Switch", "2. Check", "3. Open"])
def test_steps_come_whole_and_in_order_with_their_lead_in(picked: str) -> None:
    start, end = STEPS.index("Open it"), STEPS.index("\n\nThe log")
    assert quoted(STEPS, picked, whole=True) == STEPS[start:end]


def test_an_item_stays_alone_unless_the_question_asks_for_the_steps() -> None:
    assert quoted(STEPS, "2. Check") == "2. Check the slipway."


@pytest.mark.parametrize(
    "text",
    [
        "The study was to start on 5 May. As forms are missing, the group moved the start to 2 June.",
        "The fee was originally 40 pounds. Nobody liked that. It is 30 pounds now.",
        "It was supposed to begin at seven. The bus was late, but we waited. It finally began at eight.",
        "Der Umzug sollte im März sein. Wegen des Schnees wurde er auf Mai verschoben.",
    ],
)
def test_a_plan_is_quoted_with_the_sentence_that_changes_it(text: str) -> None:
    assert quoted(f"{text} The hall is green.", text[:9]) == text


def test_what_happened_is_quoted_with_the_reason_after_it_if_that_is_asked() -> None:
    text = "The profit was 22,900. The decline stems mainly from lower sales. Flags flew."
    assert quoted(text, "The profit", why=True) == text.removesuffix(" Flags flew.")
    assert quoted(text, "The profit") == "The profit was 22,900."
    assert quoted(text, "The decline", why=True) == "The decline stems mainly from lower sales."


def test_a_plan_that_was_kept_is_quoted_alone() -> None:
    text = "The study was to start on 5 May. Ola bought the clocks.\n\nThe hall was moved."
    assert quoted(text, "The study") == "The study was to start on 5 May."


def test_a_question_in_a_document_gives_way_to_its_reply() -> None:
    text = "Is smoking allowed?\nNo. Smoking is not allowed in the lift.\n\nWho pays?\nIs it insured?"
    assert quoted(text, "Is smoking") == "No. Smoking is not allowed in the lift."
    assert quoted(text, "No.") == "No. Smoking is not allowed in the lift."
    assert quoted(text, "Who pays") is None
    assert quoted(text, "Is it insured") is None


def test_a_question_above_a_list_gives_way_to_the_list() -> None:
    text = "How do I hand over the flat?\n\n* Book a date\n* Read the meters"
    assert quoted(text, "How do") == "* Book a date\n* Read the meters"


@pytest.mark.parametrize(
    "text",
    [
        "§ 2 Haustiere\nDie Haltung von Hunden ist nicht erlaubt.",
        "## Garanties\nLe vol est couvert jusqu'à 15 000 €.",
        "第一条 租期\n租期从2026年3月1日开始，到2027年2月28日结束。",
    ],
)
def test_a_heading_gives_way_to_the_sentence_below_it(text: str) -> None:
    heading, sentence = text.split("\n")
    assert quoted(text, heading[:4]) == sentence


def test_lines_of_notes_are_no_headings() -> None:
    text = "Call Bob\nBuy milk and eggs and flour for the party on Sunday\nPaint"
    assert quoted(text, "Call") == "Call Bob"


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How do I open the boathouse?", True),
        ("And how can we reset the pump?", True),
        ("Wie öffnet man das Tor?", True),
        ("Comment détartrer le four ?", True),
        ("¿Cómo se abre la puerta?", True),
        ("How much do I pay?", False),
        ("Wie hoch ist die Miete?", False),
        ("Comment s'appelle le chien ?", False),
        ("What do I have to do if I lose the key?", True),
        ("What should we bring to the course?", True),
        ("Which children are allowed to swim?", True),
        ("Was brauche ich alles für den Kurs?", True),
        ("Quels documents sont demandés ?", True),
        ("¿Qué necesito para el carné?", True),
        ("What is the deposit?", False),
        ("Was kostet der Kurs?", False),
    ],
)
def test_questions_for_a_list_are_known_by_their_beginning(question: str, asks: bool) -> None:
    assert asks_for_list(question) is asks


def test_a_lead_in_brings_its_list() -> None:
    text = "Please bring:\n\n- boots\n- a coat\n\nThe bus leaves at nine."
    assert text[: with_its_list(text, 0, 13)] == "Please bring:\n\n- boots\n- a coat"


def test_a_field_above_a_list_does_not_bring_it() -> None:
    text = "Permit\n\nFee: 55 pounds\n\n- The yard is shared.\n- The gate is locked at dusk."
    assert with_its_list(text, 8, 22) == 22
    asked = "You need: a form\n\n- The gate is locked at dusk."
    assert with_its_list(f"{asked[:9]}\n\n- boots\n- a coat", 0, 9) > 9


def test_a_sentence_without_a_list_stays_alone() -> None:
    text = "The bus leaves at nine. It is full.\n- boots"
    assert with_its_list(text, 0, 23) == 23
    assert with_its_list(text, 24, 35) == 35


def test_a_long_list_is_cut_between_two_items() -> None:
    text = "Members:\n" + "\n".join(f"- member {number}" for number in range(400))
    end = with_its_list(text, 0, 8)
    assert 500 < end < 1000
    assert text[end] == "\n"


@pytest.mark.parametrize(
    ("text", "picked", "nothing"),
    [
        ("Dear Mrs Dunleavy,\n\nYour gift of 2,500 euros has arrived.", "Dear", True),
        ("Thanks Pauline. The fence on the left is yours.", "Thanks", True),
        ("Sehr geehrte Frau Haldane,\n\nder Zähler wurde geprüft.", "Sehr", True),
        ("I hope to be back before the meeting.", "I hope", False),
        ("Thank you for 30 euros.", "Thank", False),
        ("Strictly private and confidential\n\nThe boiler is safe.", "Strictly", True),
        ("Confidential papers are shredded on Fridays.", "Confidential", False),
        ("Name | Flour kg | Baked by\nrye | 14 | Ludo\nspelt | 6 | Ludo", "Name", True),
        ("Name | Flour kg | Baked by\nrye | 14 | Ludo\nspelt | 6 | Ludo", "rye", False),
        ("Bake list   kg    by\nrye         14    Ludo", "Bake list", True),
        ("Bonjour Madame Haldane,\n\nVotre don de 40 euros est arrivé.", "Bonjour", True),
        ("Name\tFlour\tBaked by\nrye\t14\tLudo", "Name", True),
        ("rye | much | Ludo\nspelt | little | Pilar", "rye", False),
        ("6. **Dogs.** See minute 24/17.", "6. ", True),
        ("6. Dogs. They may swim in the weir pool from May on, see rule 4.", "6. ", False),
        ("Dogs are welcome. See rule 4.", "See", True),
        ("See that the gate is shut at night.", "See", False),
        ("The lock is new.\n\nNot applicable.", "Not", True),
        ("None of the locks is new.", "None", False),
        ("---\ntags: [garden]\n---\nThe hedge is cut in March.", "---", True),
    ],
)
def test_greetings_and_names_of_columns_say_nothing(text: str, picked: str, nothing: bool) -> None:
    units = unit_spans(text)
    place = next(place for place, (start, _) in enumerate(units) if text.startswith(picked, start))
    assert says_nothing(text, units, place) is nothing


@pytest.mark.parametrize(
    ("text", "question", "asks"),
    [
        ("Mrs Quill asked who owns the weir.", "Who owns the weir?", True),
        ("You wanted to know whether the weir may be mended.", "May the weir be mended?", True),
        ("Frau Quill fragte, wem das Wehr gehört.", "Wem gehört das Wehr?", True),
        ("Mme Quill demande si le barrage est à elle.", "À qui est le barrage ?", True),
        ("Mrs Quill asked who owns the weir; it is the mill's.", "Who owns the weir?", False),
        ("Mrs Quill asked who owns the weir and was told that the mill does.", "Who owns the weir?", False),
        ("Mrs Quill asked who owns the weir.", "What did Mrs Quill ask?", False),
        ("Mrs Quill asked that those who own the weir should mend it.", "Who should mend the weir?", False),
        ("Mrs Quill thought that it was the mill's weir, and asked who paid for it.", "Whose is it?", False),
    ],
)
def test_a_sentence_that_only_reports_a_question_answers_nothing(
    text: str, question: str, asks: bool
) -> None:
    assert only_asks(text, question) is asks


def test_a_question_for_all_steps_is_answered_by_the_whole_headed_paragraph() -> None:
    text = (
        "3. **How to borrow the bier.** Ask the sexton for the key. Oil the wheels.\n\n"
        "4. **Ladders.** Two people must carry them."
    )
    units = unit_spans(text)
    place = next(place for place, unit in enumerate(units) if "Oil" in text[slice(*unit)])
    assert belonging(text, units, place, whole=True) == (0, text.index("\n"))
    assert belonging(text, units, place, whole=False) == units[place]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The liability of each party is limited to £75,000 a year.", False),
        ("In this quarter you used 1,187 kWh.", False),
        ("Die Kaution beträgt 1.250,50 Euro.", False),
        ("Winter storage,120", True),
        ("2025-01-03,Hull,10,1", True),
        ("Rent;1.250,50;monthly", True),
        ("| Crane | 1,085 |", True),
        ("Rent, water and power cost 1,250 euros.", False),
    ],
)
def test_a_comma_within_a_number_makes_no_row(text: str, expected: bool) -> None:
    assert is_row(text) is expected


@pytest.mark.parametrize(
    "line", ["On 9 Sep, Ada Fell wrote:", "Am 3. Mai 2025 um 9:12 schrieb Ada Fell <ada@fell.example>:"]
)
def test_the_line_above_a_quoted_mail_says_nothing(line: str) -> None:
    text = f"Mondays at 4.15 it is.\n\n{line}\n\nMondays or Fridays?"
    units = unit_spans(text)
    place = next(place for place, (start, _) in enumerate(units) if text.startswith(line, start))
    assert says_nothing(text, units, place)
    assert not says_nothing(text, units, 0)
