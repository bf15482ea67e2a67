"""What runs an account: reception, sending, attachments, suspension. A channel's folder sees none of it."""
