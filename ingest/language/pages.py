"""How page numbers are written: the words of all languages merged, in lower case."""

from ingest.language.definition import words

PAGE_WORDS = words(
    "page pages pg p pag pp seite seiten s bl blatt página pagina pág páginas pagine folha hoja strona str "
    "sida side sivu strana oldal sayfa страница стр сторінка σελίδα صفحة trang halaman 第 쪽 페이지"
)
"""Words before a page number, without their full stop."""

PAGE_ENDINGS = words("页 頁 ページ 쪽 페이지")
"""Words after a page number."""

OF_WORDS = words("of von sur de di da do av af van z ze od из з / - 共 の")
"""Words between a page number and the number of pages."""
