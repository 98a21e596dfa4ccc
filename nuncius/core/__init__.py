"""Values that travel through the whole flow. Nothing here reads a file, a socket, a clock or a model."""
