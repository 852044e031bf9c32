"""Who holds a library and how front ends reach it.

`facade` says what can be asked of a library. `owner` holds one in this process, and `client` reaches one that
another process holds, over `service` and `wire`. `opened` is the library itself: its files, the models that
work on them, and the erasure of documents. `history`, `audit` and `summaries` are its other files.
"""
