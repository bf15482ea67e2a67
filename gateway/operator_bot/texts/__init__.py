"""The bot's own words: catalogs, sentences, and names of things."""
