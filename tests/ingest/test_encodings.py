import pytest

from ingest.errors import UnreadableDocument
from ingest.parsers.text import decode
from tests.parsing import parse_bytes

SENTENCES = [
    ("The fence is 4’ high and costs €85.", "cp1252 mac_roman"),
    ("“We can’t,” she said – and left.", "cp1252 mac_roman"),
    ("Dogs – not allowed", "cp1252 mac_roman"),
    ("Temperature 21 °C, ½ cup of sugar.", "cp1252"),
    ("Section § 4 applies…", "cp1252"),
    ("Die Miete beträgt 850 € im Monat.", "cp1252 iso8859-15 mac_roman"),
    ("Öl wechseln, dann Rücklauf prüfen", "cp1252 mac_roman cp850"),
    ("„Guten Tag“, sagte er.", "cp1252"),
    ("L’été dernier, où étiez-vous ?", "cp1252 mac_roman"),
    ("« Bonjour », dit-elle. ÉLECTRICITÉ et gaz", "cp1252 mac_roman cp850"),
    ("El señor Muñoz vive en el 3.º piso. ¡Mañana empieza!", "cp1252 iso8859-15"),
    ("A reunião começa às 9h, não às 10h. São 120 €", "cp1252 iso8859-15"),
    ("Czynsz wynosi 850 zł miesięcznie za łódź.", "cp1250 iso8859-2 cp852"),
    ("Nájemné činí 8500 Kč měsíčně.", "cp1250 iso8859-2"),
    ("A bérleti díj havi 850 euró, fűtés nélkül.", "cp1250 iso8859-2"),
    ("Аренда составляет 850 евро в месяц.", "cp1251 koi8-r cp866 mac_cyrillic iso8859-5"),
    ("Το ενοίκιο είναι 850 ευρώ το μήνα.", "cp1253 iso8859-7"),
    ("שכר הדירה הוא 850 בחודש.", "cp1255"),
    ("الإيجار 850 في الشهر.", "cp1256"),
    ("金庫の暗証番号は八八一四です。", "cp932 euc_jp iso2022_jp"),
    ("保险箱的密码是八八一四。会议在五月举行。", "gb18030"),
    ("금고의 비밀번호는 8814입니다. 회의는 5월에 열립니다.", "cp949 iso2022_kr"),
    ("The alarm code of the shed is 7719.", "utf-16-le utf-16-be"),
    ("Код сигнализации сарая 7719.", "utf-16-le utf-16-be"),
]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(text, encoding) for text, encodings in SENTENCES for encoding in encodings.split()],
)
def test_one_sentence_is_read_in_its_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_an_encoding_that_the_evidence_leaves_open_is_said() -> None:
    document = parse_bytes("a.txt", "Őszi vásár a főtéren".encode("cp1250"))
    assert document.unread == "encoding uncertain: read as cp1252"
    assert parse_bytes("a.txt", "Die Miete beträgt 850 €.".encode("cp1252")).unread == ""
    assert parse_bytes("a.txt", "Őszi vásár a főtéren".encode()).unread == ""


def test_a_page_is_read_in_the_encoding_that_it_states() -> None:
    page = '<html><head><meta charset="windows-1250"></head><body>Őszi vásár</body></html>'
    document = parse_bytes("a.html", page.encode("cp1250"))
    assert (document.blocks[-1].text, document.unread) == ("Őszi vásár", "")


def test_a_page_that_states_an_encoding_that_does_not_exist_is_read_all_the_same() -> None:
    page = '<html><head><meta charset="x-nothing"></head><body>Schöne Grüße aus Köln</body></html>'
    assert parse_bytes("a.html", page.encode("cp1252")).blocks[-1].text == "Schöne Grüße aus Köln"


@pytest.mark.parametrize("data", [bytes(range(1, 256)) * 20, bytes(range(256)) * 20])
def test_random_bytes_are_no_text(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="not text"):
        decode(data)
