"""The rules, one file for each subject; pure. `decide` asks them."""
