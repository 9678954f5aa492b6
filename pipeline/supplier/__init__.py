"""What a supplier sees and sends back: a check before delivery, quarantined rows, amended rows."""
