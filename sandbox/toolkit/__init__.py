"""What the stand-ins of all vendors share. Nothing here knows a vendor."""
