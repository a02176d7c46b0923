"""What the pages say, by language."""

from services.storefront import words_en, words_zh

WORDS: dict[str, dict[str, str]] = {"en": words_en.WORDS, "zh": words_zh.WORDS}
