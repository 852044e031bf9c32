"""The characters that distinguish real text from text whose characters were assigned wrongly."""

COMMON_HAN = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家"
    "種這個們來為國說時會對後發過裡樣學與關間長東車門問題開動業員部分本日月第条條合同公司元万億号者方法新定期及其或年度"
)
"""Characters that are frequent in Chinese, and in Japanese written without kana. They are more than a
twentieth of any text."""

COMMON_HANGUL = frozenset("이다의는을에가고를지하은로어기도사한자서리니해인아시대정수있")
"""Syllables that are frequent in Korean. They are about a third of any text."""

VOWELS = frozenset("aeiouyæœø\u0131")
"""Vowels of languages in Latin script, in lower case and without accents. They are two fifths of the letters
of any text."""
