"""The screens, one module each. `tui.app` lists them."""
