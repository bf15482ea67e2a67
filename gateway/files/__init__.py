"""Attachments' bytes by our own id; streams carry references only. A folder now, an object store later."""

from gateway.files.folder import RESERVE, Files, Stored

__all__ = ["RESERVE", "Files", "Stored"]
