"""A stand-in of VK: API, Long Poll server, Callback API, upload servers and file hosts, for communities' messages."""
