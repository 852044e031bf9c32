"""Who holds a library, and how one reaches it: the façade, the owner, its socket, and what is kept beside
the documents."""
