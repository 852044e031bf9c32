"""The terminal UI: renders what the façade says, and does no I/O of its own.

`starting` is what the command line calls; `app` is the application, a screen is a module in `screens/` and a
row in the app, and what screens share is in `widgets/`. Every call of the façade runs on a thread (`desk`),
and all text that Carrel did not write itself passes through `shown` before a widget has it.
"""
