"""What stands under `changes`, and the other sides of an entry: comments, mentions, insights, tests. Pure.

Some of it is messages all the same: Meta's dashboard sends its tests of messaging fields in this shape.
"""

from collections.abc import Mapping

MESSAGING = frozenset({
    "messages", "message_reactions", "message_edit", "messaging_postbacks", "messaging_seen", "messaging_referral",
    "messaging_optins", "messaging_handover", "messaging_handovers", "message_echoes",
})  # fmt: skip
"""Fields whose value is what else stands under `messaging`."""
STANDBY = "standby"
LEFT_OUT: Mapping[str, str] = {
    "comments": "comments: a comment under a post is no message to the account",
    "live_comments": "live_comments: a comment under a broadcast is no message to the account",
    "mentions": "mentions: the account is named in somebody's post or comment, which is no message to it",
    "story_insights": "story_insights: figures of a story that ended",
    "comment_poll_response": "comment_poll_response: an answer to a poll under a post",
    "story_poll_response": "story_poll_response: an answer to a poll in a story",
    "share_to_story": "share_to_story: somebody shared a post of the account in their story",
    "follow": "follow: somebody follows the account",
    "creator_marketplace_projects": "creator_marketplace_projects: no message to the account",
}
"""Fields that are nobody's words to the account; what stands neither here nor above is shown as Unsupported."""
