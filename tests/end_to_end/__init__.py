"""The whole application as its users meet it: real clients, real keys, nothing but the graph."""
