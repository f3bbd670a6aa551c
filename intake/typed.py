"""What somebody typed into a form, as they typed it."""


def typed(value: str) -> str:
    r"""A field as it was typed: whatever line ends it has, browsers send each as two characters, `\r\n`.

    On 29 November 2026 a reason of two lines was shown, and kept, with a written-out `\u000d` at the end of the first.
    """
    return value.replace("\r\n", "\n").replace("\r", "\n")
