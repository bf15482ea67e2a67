"""API methods; each module registers its own."""

from sandbox.vk.methods import activity, callback, changing, groups, profiles, reading, sending, uploading

ALL = (activity, callback, changing, groups, profiles, reading, sending, uploading)
