"""What documents state about themselves is counted and added up, and those left out are named."""

from pathlib import Path

from tests.libraries import indexed, values


def test_documents_that_do_not_say_what_is_asked_are_named(tmp_path: Path) -> None:
    statuses = ("status: paid\n", "status: unpaid\n", "status: unpaid\n", "")
    files = {
        f"bill-{number}.md": f"---\ntype: invoice\n{status}---\nGoods.\n"
        for number, status in enumerate(statuses, start=1)
    }
    with indexed(tmp_path, files) as library:
        answer = library.computed("How many invoices are unpaid?")
    assert values(answer) == ["2"]
    assert "left out, because they do not state it: bill-4.md" in answer.text


def test_documents_that_only_contain_the_word_are_named(tmp_path: Path) -> None:
    files = {
        "one.txt": "Acme\nInvoice 1\nTotal: 5 EUR\n",
        "letter.txt": "Dear Ruth,\n\nyour invoice of May is late.\n",
    }
    with indexed(tmp_path, files) as library:
        answer = library.computed("How many invoices do I have?")
        assert values(answer) == ["1"]
        assert "Not counted, because they only contain the word: letter.txt." in answer.text


def test_the_rents_that_documents_state_with_a_remark_are_added_up(tmp_path: Path) -> None:
    lease = "# Lease {}\n\nTenant: Ida Roth\nRent: {}\n"
    files = {
        "lease-ash.md": lease.format("ash", "£950 per month, payable on the 1st."),
        "lease-elm.md": lease.format("elm", "£1,100 per month. Water is extra."),
    }
    with indexed(tmp_path, files) as library:
        answer = library.computed("What is the total rent of all leases?")
    assert answer.text.startswith("£2,050 per month in total: ")


def test_a_field_continues_on_the_next_line_of_wrapped_text(tmp_path: Path) -> None:
    policy = (
        "Bicycle policy\n\nHolder: Tilda Moss\nFrame number: WX 4471\n"
        "Excess: 60 pounds for each claim, and a tenth of the rest if the bicycle was\n"
        "left outside at night\n"
        "Cover: theft, damage and loss on a journey by train, ship or plane that begins in\n"
        "Ireland\n"
        "Agent: Rowan Fell\nwho is away in August\n"
    )
    with indexed(tmp_path, {"bicycle-policy.txt": policy}) as library:
        assert values(library.computed("What is the excess of the bicycle policy?")) == [
            "bicycle-policy 60 pounds for each claim, and a tenth of the rest if the bicycle was left "
            "outside at night"
        ]
        assert values(library.computed("What is the cover of the bicycle policy?")) == [
            "bicycle-policy theft, damage and loss on a journey by train, ship or plane that begins in "
            "Ireland"
        ]
        assert values(library.computed("Who is the agent of the bicycle policy?")) == [
            "bicycle-policy Rowan Fell"
        ]
