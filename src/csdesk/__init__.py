"""csdesk: the customer-service engine that applications embed."""
