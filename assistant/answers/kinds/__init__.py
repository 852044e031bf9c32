"""What a summary says first, by the kind of the document: a module for each kind, and a row of the table.

A kind is recognised from the document itself (`recognizing`). Its module turns the document's pieces
(`pieces`) into a `Digest`: a line that says what the document is, and points in groups. All points are
sentences of the document, or are computed from it; no model is asked.
"""
