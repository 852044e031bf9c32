"""What the commands print: lines for people through an `Output`, objects for programs as dictionaries.

One module a subject. A function named `print_…` writes lines, one named `…_object` builds the value that
`--json` prints. The keys of these objects are a contract with scripts. The formatters of single values are in
`assistant.formatting`, which the terminal UI uses too.
"""
