"""What Meta's two messengers share: the Graph API, apps with their webhooks and signatures, media, people, dialogs."""
