"""Question in, sourced answer out: engine, retrieval, answering, and the façade every front end calls."""
