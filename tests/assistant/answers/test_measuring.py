"""Whether a quote states the kind of quantity that a question asks for."""

import pytest

from assistant.answers.measuring import (
    asks_amount,
    shows_what_is_asked,
    states_amount,
    states_what_is_asked,
)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("How many litres of water did the flat use?", "The tank holds 40 litres."),
        ("How many days off do I get?", "There are six weeks of leave."),
        ("Wie viele Kilometer sind es?", "Ort: Tolland; Kilometer: 212"),
        ("How wide is the shelf?", "The shelf is 80 cm wide."),
        ("Combien de kilos pèse le colis ?", "Le colis pèse 12 kg."),
        ("How much is the rent?", "It depends on the season."),
        ("How much does the parcel weigh?", "The parcel weighs 15 pounds."),
        ("How many square metres does the flat have?", "Floor area: 54 m²"),
        ("¿Cuántos metros cuadrados tiene el piso?", "El piso tiene 54 m²."),
        ("What did we pay altogether?", "Total: 704.00 EUR"),
        ("What did the landlord pay for the boiler?", "Boiler, paid by the landlord: 1,240.00"),
        ("What does a single room cost?", "Single rooms are free for members."),
        ("What does the course cost?", "Members pay half."),
        ("What did they pay attention to?", "They listened to the brakes."),
        ("What does the tenant pay for?", "The tenant pays for electricity and heating."),
        ("Was kostet die Fähre?", "Die Fähre kostet 12 CHF."),
        ("Was haben wir insgesamt bezahlt?", "Der Gesamtbetrag ist 704 Euro."),
        ("How many keys were handed over?", "Three keys were handed over."),
        ("How high is the rent?", "870 euros a month."),
        ("What is the rent per month?", "870 euros."),
        ("What was the total of the order?", "Amount due: 96.00 EUR"),
        ("What did they find in all cases?", "The valve was stuck."),
        ("How many boats were sold?", "None of the boats was sold."),
        ("How many people came?", "Dozens of people came."),
        ("How old is the skiff?", "The skiff was built in 1987."),
        ("When is the fair?", "It is on the first Sunday of May."),
        ("When was the mill built?", "The mill, built by 1870, still stands."),
        ("When may I enter the yard?", "As soon as the gate is open."),
        ("Wann ist die Probe?", "Immer dienstags um sieben."),
        ("Quand ferme le port ?", "Le port ferme en hiver."),
    ],
)
def test_a_quote_with_the_kind_of_quantity_may_answer(question: str, quote: str) -> None:
    assert states_what_is_asked(question, [quote])


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("How many litres of water did the flat use?", "Cold water: 312 m³"),
        ("How wide is the shelf from the joinery?", "Shelf, oak: 620.00 GBP"),
        ("What is the weight of the washing machine?", "Bought for 529 euros, serial number 740-118."),
        ("Wie viele Liter verbraucht die Spülmaschine?", "Sie verbraucht 0,9 kWh."),
        ("What is the weight of the machine?", "Bought on 2 March 2023 for 529 pounds."),
        ("How many square metres does the flat have?", "One cat may live in the flat."),
        ("¿Cuántos metros cuadrados tiene el piso?", "La renta es de 690 euros al mes."),
        ("What did we pay altogether?", "Water heater: 489.00 EUR"),
        ("What did the landlord pay for the boiler?", "The boiler is serviced by Wren Heating every May."),
        ("What did the quench in June cost?", "NOT faster, quench in June!"),
        ("How much does the car park cost?", "The car park of 40 m² was closed at 14:00 on 3 May 2025."),
        ("And what did flat 3 cost?", "Flat 3 was sold in 2019."),
        ("How much did we pay the plumber?", "The plumber came on Monday and on 12 May."),
        ("Combien coûte la traversée ?", "La traversée dure 40 minutes."),
        ("Was kostet die Fähre?", "Die Fähre ist für Busse ungeeignet."),
        ("Was haben wir insgesamt bezahlt?", "Der Einbau kostete 180 Euro."),
        ("How many euros did it cost?", "It cost 529 dollars."),
        ("What was the total of the order?", "Paint: 48.00 EUR"),
        ("How many boats were sold?", "The boats were sold to the school."),
        ("When is the book printed?", "The publisher may print the book in any size."),
        ("And when is it printed?", "The publisher may print the book in any size."),
        ("Wann wird das Tor gestrichen?", "Das Tor wird grün gestrichen."),
        ("How old is the skiff?", "Skiff, two seats, used, 1,150 pounds"),
        ("¿Cuándo se pinta la puerta?", "La puerta se pinta de verde."),
    ],
)
def test_a_quote_with_another_kind_does_not(question: str, quote: str) -> None:
    assert not states_what_is_asked(question, [quote])


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Why was the trip put off?", "The coach had broken down, so we stay."),
        ("Why was the trip put off?", "Put off: no coach."),
        ("Warum fiel die Probe aus?", "Der Saal war zu kalt."),
        ("Pourquoi part-il ?", "Il part pour s'occuper de sa mère."),
        ("Pourquoi part-il ?", "Parce que sa mère est malade."),
        ("Comment s'appelle le chat ?", "le chat s'appelait mistigri"),
        ("What is the name of the boy who found the key?", "Idris found it behind the stove."),
        ("What's the name of the tablet?", "The tablet is called mirtazapine."),
        ("What is the name of the settings file?", "Settings are read from carrel.toml."),
        ("Comment s'appelle la gardienne ?", "La loge est tenue par Mme Aubier."),
        ("Who found the key?", "A boy found it."),
        ("Who keeps the key?", "The treasurer keeps the key."),
        ("Who sent the patient here?", "She was sent by Dr Okoye."),
        ("Who has paid?", "They have all paid: A-12, B-7."),
        ("How many ringers came to the supper?", "Forty ringers came, and two dogs."),
        ("How many ringers came to the supper?", "There were forty of them."),
        ("How many holidays do I get?", "There are 28 days a year."),
        ("How many ringers were there?", "The band had 12 members in 1908 and is now down to seven."),
        ("How much leave does the sexton get?", "Leave: 24 days, leaving days included."),
        ("How much training does a ringer need?", "Training takes ten evenings."),
        ("How much of the fee was paid back?", "£40 was paid back in March."),
        ("How much is paid back if a ringer leaves?", "If a ringer leaves, £40 is paid back."),
        ("How much was to be paid if a bell cracked?", "If a bell cracks, £40 is to be paid."),
        ("How many jars of plum jam do we have left?", "Of the 40 jars, 12 are left."),
        ("How many days of holiday has Petra left?", "Petra still has four days."),
        ("Wie viele Gläser sind noch übrig?", "Im Keller stehen noch 12 Gläser."),
        ("How many people left the meeting?", "Three people went home at nine."),
        ("How deep is the pond?", "The pond is 2 metres deep and 14 metres long."),
        (
            "How high is the rent?",
            "The rent is 1,140 pounds for as long as the lease runs, payable in advance.",
        ),
        ("How tall is the mast?", "Mast: 9.40 m."),
    ],
)
def test_a_quote_with_a_sign_of_a_reason_or_a_name_is_not_doubted(question: str, quote: str) -> None:
    assert shows_what_is_asked(question, [quote])


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Why was the trip put off?", "The coach seats 49 people."),
        ("Why was the limit raised?", "They raised the limit to 5.5 million."),
        ("¿Por qué se retrasa?", "La obra dura dos semanas."),
        ("What is the name of the boy who found the key?", "A boy found the key behind the stove."),
        ("What was the surname of the porter?", "He locks the gate at ten."),
        ("Comment s'appelle la gardienne ?", "La gardienne habite au premier."),
        ("Who sent the patient here?", "Last time she brought pastries."),
        ("To whom was the key given?", "They gave it back at ten."),
        ("How many ringers came to the supper?", "They came from three parishes to hear the new bell."),
        ("How many attempts does a worker make?", "Failed messages stay on the shelf for fourteen days."),
        ("Wie viele Sänger kamen?", "Sie kamen aus drei Dörfern."),
        ("How much leave does the sexton get?", "The sexton is leaving two days after the fair."),
        ("How much of the fee was paid back?", "If a ringer leaves early, £40 of the fee is paid back."),
        ("Was the extension of the barn approved?", "If the extension is approved, the lane is closed."),
        ("What is the price of the organ?", "Fee: 142 pounds"),
        ("What is the rent of the hall?", "- Dues: 30 pounds a year"),
        ("Wann wurde die Orgel gestimmt?", "Falls die Orgel verstimmt ist, wird sie im Mai gestimmt."),
        ("How many jars of plum jam do we have left?", "For the fair we need 40 jars of plum jam."),
        ("Combien de pots nous reste-t-il ?", "Il faut 40 pots pour la fête."),
        ("How deep is the pond?", "The pond by the fence, 14 metres long, was cleared in May."),
        ("Wie hoch ist die Mauer am Hof?", "Die Mauer am Hof ist 12 Meter lang."),
    ],
)
def test_a_quote_without_a_sign_of_a_reason_or_a_name_is_doubted(question: str, quote: str) -> None:
    assert not shows_what_is_asked(question, [quote])


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What is the price of the organ?", "Price: 142 pounds"),
        ("What does the course cost?", "Fee: 30 pounds"),
        ("What is the rent of the hall?", "The dues are 30 pounds, the rent of the hall is 90 pounds."),
        ("Was the extension of the barn approved?", "The extension was approved if drains are laid."),
    ],
)
def test_an_amount_under_its_own_name_and_what_happened_are_not_doubted(question: str, quote: str) -> None:
    assert shows_what_is_asked(question, [quote])


def test_a_follow_up_asks_for_what_its_own_words_ask_for() -> None:
    asked = "When does the pottery course begin? How much is it?"
    assert not states_what_is_asked(asked, ["The pottery course begins on Friday 3 October."])
    assert states_what_is_asked(asked, ["We ask for 45 pounds for clay."])
    assert asks_amount(asked)


@pytest.mark.parametrize(
    ("quote", "states"),
    [
        ("Photograph kept as KR-0317-2.", False),
        ("She lives at 14B.", False),
        ("See application 24/0093.", False),
        ("She charged 85.", True),
        ("It is 1,184/week.", True),
    ],
)
def test_the_numbers_of_a_code_are_no_amount(quote: str, states: bool) -> None:
    assert states_amount(quote) is states
