"""Whether a quote states the kind of quantity that a question asks for."""

import pytest

from assistant.answers.measuring import states_what_is_asked


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
        ("Was haben wir insgesamt bezahlt?", "Der Gesamtbetrag ist 704 Euro."),
        ("How many keys were handed over?", "Three keys were handed over."),
        ("How high is the rent?", "870 euros a month."),
        ("What is the rent per month?", "870 euros."),
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
        ("Was haben wir insgesamt bezahlt?", "Der Einbau kostete 180 Euro."),
        ("How many euros did it cost?", "It cost 529 dollars."),
    ],
)
def test_a_quote_with_another_kind_does_not(question: str, quote: str) -> None:
    assert not states_what_is_asked(question, [quote])
