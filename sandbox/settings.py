"""What a developer may turn while the sandbox runs; the defaults behave as the real servers do.

Values only: who reads them decides what they mean. Changed through the control API or given to `Sandbox`.
"""

from typing import Literal

import msgspec


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Times are milliseconds unless the name says otherwise."""

    # Flood limits (Telegram's bot FAQ: 30 messages a second, one a second in a chat, 20 a minute in a group).
    limits: bool = True
    bot_per_second: int = 30
    chat_per_second: float = 1.0
    chat_burst: int = 5
    group_per_minute: int = 20

    # getUpdates
    updates_kept_ms: int = 24 * 3600 * 1000
    same_offset_hold_ms: int = 3000
    same_offset_single_ms: int = 500

    # Webhooks
    webhook_first_retry_ms: int = 2000
    webhook_retry_cap_ms: int = 120_000
    webhook_timeout_ms: int = 60_000
    webhook_gone_ms: int = 23 * 3600 * 1000

    # What servers of another age or another mood do
    unknown_methods: list[str] = msgspec.field(default_factory=list)
    reactions_in_private: bool = False
    callback_lifetime_ms: int = 60_000
    file_link_ms: int = 3600 * 1000
    delete_window_ms: int = 48 * 3600 * 1000
    max_upload_bytes: int = 50 * 1024 * 1024
    max_photo_bytes: int = 10 * 1024 * 1024
    max_download_bytes: int = 20 * 1024 * 1024

    # VK. How often and how long it posts an event again is published nowhere; so is the flood rule.
    vk_calls_per_second: int = 20
    vk_same_text_per_minute: int = 20
    vk_random_id_ms: int = 3600 * 1000
    vk_text_limit: int = 4096
    vk_edit_window_ms: int = 24 * 3600 * 1000
    vk_longpoll_key_ms: int = 3600 * 1000
    vk_events_kept: int = 1000
    vk_confirmation_after_ms: int = 300
    vk_callback_timeout_ms: int = 5000
    vk_callback_retry_ms: int = 14_000
    vk_callback_attempts: int = 10
    vk_upload_url_ms: int = 600_000
    vk_file_link_ms: int = 24 * 3600 * 1000
    vk_max_photo_bytes: int = 50 * 1024 * 1024
    vk_max_doc_bytes: int = 200 * 1024 * 1024

    # Meta: webhooks come again for up to a week; the pauses are published nowhere.
    meta_webhook_timeout_ms: int = 10_000
    meta_retry_ms: int = 2000
    meta_retry_cap_ms: int = 600_000
    meta_retry_for_ms: int = 7 * 24 * 3600 * 1000
    meta_window_ms: int = 24 * 3600 * 1000
    whatsapp_media_url_ms: int = 300_000
    whatsapp_inbound_media_ms: int = 7 * 24 * 3600 * 1000
    whatsapp_uploaded_media_ms: int = 30 * 24 * 3600 * 1000
    whatsapp_per_second: int = 80
    whatsapp_pair_burst: int = 45
    whatsapp_pair_every_ms: int = 6000
    whatsapp_statuses: Literal["usual", "early", "reversed", "silent"] = "usual"
    whatsapp_status_after_ms: int = 0
    instagram_human_window_ms: int = 7 * 24 * 3600 * 1000
    instagram_media_url_ms: int = 24 * 3600 * 1000
    instagram_profile_url_ms: int = 3 * 24 * 3600 * 1000
    instagram_per_second: int = 300
    instagram_echoes: Literal["after", "before", "none"] = "after"
    # Avito. Its limit of calls and how often it posts again are published nowhere; nor is whether deletions are posted.
    avito_calls_per_minute: int = 600
    avito_token_ms: int = 24 * 3600 * 1000
    avito_webhook_timeout_ms: int = 2000
    avito_webhook_retry_ms: int = 3000
    avito_webhook_attempts: int = 3
    avito_deletions_posted: bool = True
    avito_messages_as_array: bool = False
    avito_delete_window_ms: int = 3600 * 1000
    avito_voice_link_ms: int = 3600 * 1000
    avito_max_image_bytes: int = 24 * 1024 * 1024
    avito_max_image_pixels: int = 75_000_000

    # MAX (CHANNELS.md 9): a webhook comes again after 60 s, then 2.5 times as long each time, ten times.
    max_per_second: int = 30
    max_per_chat_second: int = 2
    max_polls_per_second: int = 2
    max_poll_s: int = 30
    max_updates_at_once: int = 100
    max_updates_kept_ms: int = 24 * 3600 * 1000
    max_without_marker: Literal["uncommitted", "latest"] = "uncommitted"
    max_webhook_timeout_ms: int = 30_000
    max_webhook_retry_ms: int = 60_000
    max_webhook_retries: int = 10
    max_webhook_gone_ms: int = 8 * 3600 * 1000
    max_edit_window_ms: int = 7 * 24 * 3600 * 1000
    max_processing_ms: int = 0
    max_file_link_ms: int = 20 * 24 * 3600 * 1000
    max_image_bytes: int = 50 * 1024 * 1024
    max_video_bytes: int = 250 * 1024 * 1024
    max_audio_bytes: int = 256 * 1024 * 1024
    max_file_bytes: int = 4 * 1024 * 1024 * 1024

    # What is kept in memory; None keeps everything
    messages_kept: int | None = 100_000
    ledger_kept: int | None = None
    file_bytes_kept: int = 512 * 1024 * 1024
