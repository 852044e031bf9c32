"""The terminal UI. It renders the values of the façade and does no I/O of its own.

`starting` is the entry point; it and `outside` are about processes, and all other modules about the screen.
`app` holds the modes and keys, `base` the services that every screen uses, `screens/` one module per screen
and `widgets/` the parts that screens share. Façade calls run on background threads (`calls`). All text that
Carrel did not write itself is made safe (`safe`) before a widget gets it.

A test (`tests/tui/test_rules.py`) lists the modules that screens and widgets may import.
"""
