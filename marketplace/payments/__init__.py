"""Money: payments, refunds and the calls to the card gateway. Knows purchases and orders by their codes only."""
