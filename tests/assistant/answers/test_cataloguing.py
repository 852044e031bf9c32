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
