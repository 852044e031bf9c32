"""The screens: each a module, and a row in `tui.app`."""
