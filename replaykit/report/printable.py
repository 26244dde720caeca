"""Text out of a run is made fit to be shown: what would steer a terminal, an XML parser or the eye is written out."""


def plain(text: str) -> str:
    r"""Return text in which every character that does not print stands as its escape, such as `\x1b` or `\u202e`.

    Effect names, keys and failure texts come from workflows: escape codes, turned writing direction, and halves of
    surrogate pairs are among what they can hold.
    """
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
