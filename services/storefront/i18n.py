"""What the pages say, by language."""

from services.storefront import messages_en, messages_zh

MESSAGES: dict[str, dict[str, str]] = {"en": messages_en.MESSAGES, "zh": messages_zh.MESSAGES}
