"""WhatsApp's exported texts."""
