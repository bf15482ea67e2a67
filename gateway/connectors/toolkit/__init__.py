"""What several channels need, written once: cutting texts, types and names of files, single values of vendors' JSON.

A channel's folder may import these files; they know no channel by name.
"""
