"""Kinds of a community's events that are nobody's words to it: left out on purpose. Pure.

What is neither here nor read by parse.py is shown as Unsupported, so that a new kind is noticed.
"""

_LEFT_OUT = """
group_join group_leave group_change_photo group_change_settings group_officers_edit
wall_post_new wall_repost wall_reply_new wall_reply_edit wall_reply_restore wall_reply_delete wall_schedule_post_new
wall_schedule_post_delete like_add like_remove photo_new photo_comment_new photo_comment_edit photo_comment_restore
photo_comment_delete video_new video_comment_new video_comment_edit video_comment_restore video_comment_delete
audio_new board_post_new board_post_edit board_post_restore board_post_delete market_comment_new market_comment_edit
market_comment_restore market_comment_delete market_order_new market_order_edit poll_vote_new lead_forms_new
vkpay_transaction app_payload donut_subscription_create donut_subscription_prolonged donut_subscription_expired
donut_subscription_cancelled donut_subscription_price_changed donut_money_withdraw donut_money_withdraw_error
"""
LEFT_OUT = frozenset(_LEFT_OUT.split())
