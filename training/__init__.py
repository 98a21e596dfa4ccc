"""Makes the scorer of extraction from open data: `make train`. Nothing here is imported when Nuncius runs."""
