"""Models: which are here, whether a file is one, how one comes here, and which to choose.

finding.py       the models that are configured: found, held against their pins, opened
gguf.py          what a GGUF file says of itself, read without trusting it
probing.py       a file loaded in a child process that may die
shelf.py         every language model on this machine, and the models folder
pulling.py       a file fetched over https: the only module with a network
recommending.py  the catalogue of models to fetch, and the best of it for a machine
"""
