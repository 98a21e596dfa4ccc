"""The desk: what people may ask and do in chat, in words that are the same for every target."""
