"""What operators see of what happened: cards, copies of clients' words, lists, alerts."""
