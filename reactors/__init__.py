"""Rules and what they set going: reads the journal after its own cursor, decides, and leaves reactions as rows."""
