"""What a command prints pages with; Qt's graphics are imported for that alone."""

import os

from trackside.chat.export_formats import FORMATS
from trackside.chat.export_writing import Print


def print_for(format_name: str) -> Print | None:
    """What prints a format, ready to do so without a screen; None for one that is not printed."""
    chosen = FORMATS.get(format_name)
    if chosen is None or chosen.pieces is not None:
        return None
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from trackside.ui.printing import ready_to_print

    return ready_to_print()
