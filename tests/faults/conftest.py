"""The window's fixtures serve here, too."""

from ui.conftest import open_window as open_window
