"""Papers and telegrams: arXiv, NASA ADS and The Astronomer's Telegram, asked for what is new."""
