"""Which documents are earlier versions of others."""

import pytest

from assistant.answers.versions import later_versions


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("/a/contract-v1.md", "/a/contract-v2.md"),
        ("/a/contract v9.docx", "/a/contract v10.pdf"),
        ("/a/contract_draft.md", "/a/contract_final.md"),
        ("/a/contract draft.md", "/a/contract.md"),
        ("/a/Vertrag Entwurf.md", "/a/Vertrag.md"),
        ("/a/contract.md", "/a/contract-signed.md"),
        ("/a/contract rev 2.md", "/a/contract rev 3.md"),
        ("/a/boat hire contract 2025.md", "/a/boat hire contract 2026 v2.md"),
        ("/a/Preisliste_2025.md", "/a/Preisliste_2026.md"),
        ("/a/bail 2024.md", "/a/bail 2026 définitif.md"),
        ("/a/agreement 2026 draft.md", "/a/agreement 2025.md"),
    ],
)
def test_names_tell_versions_apart(earlier: str, later: str) -> None:
    assert later_versions({later, earlier}, "What is the rent?") == {earlier: later}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/a/invoice-2023.md", "/a/invoice-2024.md"),
        ("/a/contract-v1.md", "/b/contract-v2.md"),
        ("/a/contract-v1.md", "/a/lease-v2.md"),
        ("/a/flat 12.md", "/a/flat 14.md"),
        ("/a/contract.md", "/a/contract.pdf"),
        ("/a/minutes 2025.md", "/a/minutes 2026.md"),
    ],
)
def test_other_documents_are_no_versions(one: str, other: str) -> None:
    assert later_versions({one, other}, "What is the rent?") == {}


def test_a_version_that_the_question_names_is_not_put_back() -> None:
    assert later_versions({"/a/plan-v1.md", "/a/plan-v2.md"}, "What did plan v1 say?") == {}
    assert later_versions({"/a/plan draft.md", "/a/plan.md"}, "Who wrote the draft?") == {}
    fees = {"/a/fees 2025.md", "/a/fees 2026.md"}
    assert later_versions(fees, "What is the fee?") == {"/a/fees 2025.md": "/a/fees 2026.md"}
    assert later_versions(fees, "What was the fee in 2025?") == {}
    assert later_versions(fees, "What was the previous fee?") == {}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("Mooring agreement\nFee: 200 pounds", "Mooring agreement, second version\nFee: 260 pounds"),
        ("MOORING AGREEMENT 2024\nFee: 200", "Mooring agreement 2026 (replaces the one of May)\nFee: 260"),
        ("Mooring\nFee: 200 pounds", "Mooring\nThis supersedes what we agreed in May. Fee: 260 pounds"),
        ("Dienstplan 2025\nMontag: Ute", "Dienstplan 2026\nErsetzt den Plan vom Vorjahr. Montag: Jan"),
    ],
)
def test_first_lines_tell_versions_apart(earlier: str, later: str) -> None:
    texts = {"/a/zander.txt": earlier, "/a/berth.txt": later}
    assert later_versions(texts, "How much is the fee?", texts.__getitem__) == {
        "/a/zander.txt": "/a/berth.txt"
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mooring agreement\nFee: 200 pounds", "Storage agreement, second version\nFee: 260 pounds"),
        ("Minutes of 2024\nPresent: Ute", "Minutes of 2025\nPresent: Jan"),
        ("Mooring\nFee: 200 pounds", "Mooring\nFee: 260 pounds"),
    ],
)
def test_other_first_lines_tell_of_no_versions(one: str, other: str) -> None:
    texts = {"/a/zander.txt": one, "/a/berth.txt": other}
    assert later_versions(texts, "How much is the fee?", texts.__getitem__) == {}


def test_a_question_that_names_the_year_in_a_file_name_means_that_version() -> None:
    texts = {
        "/a/policy-2023.pdf": "Castle Mutual: policy\nSum insured: 38,000 pounds",
        "/a/policy-2025.pdf": "Castle Mutual: policy\nReplaces that of 2023. Sum insured: 45,000 pounds",
    }
    assert later_versions(texts, "What is the sum insured?", texts.__getitem__)
    assert later_versions(texts, "What was the sum insured in 2023?", texts.__getitem__) == {}


def test_a_contract_without_a_year_in_its_name_has_that_of_its_text_or_none() -> None:
    old, new = "/a/lift contract 2021.md", "/a/lift contract.md"
    texts = {old: "Lift contract\nDate: 10 January 2021", new: "Lift contract\nDate: 15 January 2025"}
    assert later_versions({old, new}, "What is the fee?", texts.__getitem__) == {old: new}
    texts[new] = "Lift contract\nThe fee is 128 euros."
    assert later_versions({old, new}, "What is the fee?", texts.__getitem__) == {}
    drafts = {"/a/plan-v1.md": "Plan\nfor 2026", "/a/plan-v2.md": "Plan\nas agreed in 2025"}
    assert later_versions(drafts, "What is the plan?", drafts.__getitem__) == {
        "/a/plan-v1.md": "/a/plan-v2.md"
    }
