"""An answer as JSON, for the clipboard: what it says if that is JSON, else how it is kept."""

from trackside.domain.answer import Answer


def answer_json(answer: Answer) -> str:
    """Indented JSON. A structured answer is given as it is, its members in their order; of any other, all its
    items with their annotations, as the JSON export has them."""
    import msgspec  # late: few copy as JSON

    from trackside.domain.addresses import unsigned

    text = answer.text.strip()
    if text[:1] in ("{", "["):
        try:
            msgspec.json.decode(text, type=msgspec.Raw)
            return msgspec.json.format(text, indent=2)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            pass  # cut off, or words that begin with a bracket
    return msgspec.json.format(msgspec.json.encode(unsigned(answer.saved())), indent=2).decode()
