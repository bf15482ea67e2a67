"""What a text shows: whether anything of it can be seen at all. Pure."""

from unicodedata import category

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc")
"""Characters that are drawn as nothing, though Unicode counts them as letters, symbols or marks."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"})
"""Categories without a sign of their own: controls, format marks, spaces, and marks that need a letter to stand on."""


def is_blank(text: str) -> bool:
    """Whether no sign of the text can be seen: spaces, zero-width and direction marks, accents without a letter."""
    return all(char in _BLANK or category(char) in _UNSEEN for char in text)


def text_size(text: str, unit: str) -> int:
    """How long it is by the measure of a messenger: `bytes`, `chars` or (anything else) UTF-16 code units."""
    match unit:
        case "bytes":
            return len(text.encode("utf-8", "surrogatepass"))
        case "chars":
            return len(text)
        case _:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
