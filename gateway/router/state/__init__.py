"""What an event makes of the rows, and which rows a command needs; pure."""
